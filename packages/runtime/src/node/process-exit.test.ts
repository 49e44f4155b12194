import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { powerGraph } from "../__fixtures__/graphs.ts";

interface Outcome {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL("../__fixtures__/use-session.mjs", import.meta.url));
let folder: string;
let home: string;
let graphFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-runtime-"));
  home = join(folder, "home");
  graphFile = join(folder, "graph.onnx");
  await mkdir(home);
  // About half a second of work for one thread, so that the program ends while it runs.
  await writeFile(graphFile, powerGraph(1000));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs the program in a process of its own, with an empty home folder. */
function runProgram(ending: string): Promise<Outcome> {
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...environment } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, graphFile, ending],
      { env: { ...environment, HOME: home, USERPROFILE: home, TMPDIR: folder } },
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
    expect((await readdir(folder)).sort()).toEqual(["graph.onnx", "home"]);
  });
});
