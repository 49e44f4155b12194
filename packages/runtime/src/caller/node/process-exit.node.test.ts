import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Outcome {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../__fixtures__/${name}`, import.meta.url));
let folder: string;
let home: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-runtime-"));
  home = join(folder, "home");
  await mkdir(home);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs the program in a process of its own, with an empty home folder. */
function runProgram(ending: string, program = "use-session.mjs"): Promise<Outcome> {
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...environment } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [fixture(program), ending],
      {
        timeout: 50_000,
        killSignal: "SIGKILL",
        env: { ...environment, HOME: home, USERPROFILE: home, TMPDIR: folder },
      },
      (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe("a process with a session", () => {
  it.each(["dispose", "forget-dispose"])("ends by itself: %s", async (ending) => {
    expect(await runProgram(ending)).toEqual({ exitCode: 0, stdout: "done\n", stderr: "" });
  });

  it.each(["exit-during-load", "exit-during-run", "exit-with-calls-waiting"])(
    "exits with its own code, not in a crash: %s",
    async (ending) => {
      expect(await runProgram(ending)).toEqual({ exitCode: 7, stdout: "", stderr: "" });
    },
  );

  it("ends after an abort, when the run in the background has ended", async () => {
    expect(await runProgram("end-after-abort")).toEqual({ exitCode: 0, stdout: "AbortError\n", stderr: "" });
  });

  it("reports an uncaught error of its own as Node does", async () => {
    const { exitCode, stderr } = await runProgram("throw-during-run");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Error: uncaught");
    expect(stderr).not.toContain("terminate called");
  });

  it("leaves no file behind in the home folder, nor elsewhere", async () => {
    await runProgram("dispose");
    expect(await readdir(home)).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(["home"]);
  });

  it.each([
    ["forget-dispose", 0],
    ["dispose", 0],
    ["dispose-and-exit", 7],
    ["dispose-and-sigterm", 7],
  ])("ends after its inference thread died: %s", async (ending, exitCode) => {
    expect(await runProgram(ending, "use-dead-worker.mjs")).toEqual({
      exitCode,
      stdout: "worker-exit\n",
      stderr: "",
    });
  });

  it("exits at once where the inference thread died and it does not know yet", async () => {
    expect(await runProgram("dispose-unnoticed", "use-dead-worker.mjs")).toEqual({
      exitCode: 7,
      stdout: "",
      stderr: "",
    });
  });
});

describe("a thread with a session", () => {
  const run = (ending: string): Promise<Outcome> => runProgram(ending, "use-session-in-thread.mjs");

  it.each(["terminate-during-load", "terminate-during-run", "terminate-while-idle"])(
    "can be ended at any moment: %s",
    async (ending) => {
      expect(await run(ending)).toEqual({ exitCode: 0, stdout: "alive\n", stderr: "" });
    },
  );

  it("does not stop its process from exiting with its own code", async () => {
    expect(await run("exit-during-run")).toEqual({ exitCode: 7, stdout: "", stderr: "" });
  });

  it("ends on an uncaught error of its own as Node ends it", async () => {
    expect(await run("throw-during-run")).toEqual({
      exitCode: 0,
      stdout: "of its own\nalive\n",
      stderr: "",
    });
  });

  it("computes what the main thread computes, in arrays with memory of their own", async () => {
    expect(await run("dispose")).toEqual({
      exitCode: 0,
      stdout: "float32 256x256 0.00390625 true\nalive\n",
      stderr: "",
    });
  });
});
