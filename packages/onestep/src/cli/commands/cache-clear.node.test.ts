import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../__fixtures__/run-onestep.ts";
import { runCommandLine } from "../run-command-line.ts";

const folder = temporaryFolder();
const commit = "0123456789abcdef0123456789abcdef01234567";

beforeEach(async () => {
  for (const name of ["models--a--small", "models--b--large"]) {
    await mkdir(join(folder(), name, "snapshots", commit), { recursive: true });
    await writeFile(join(folder(), name, "snapshots", commit, "config.json"), "x".repeat(1500));
  }
});

/** Runs `onestep cache clear` on a terminal where somebody answers. */
async function clear(answer: string, ...words: string[]) {
  const written = { stdout: "", stderr: "" };
  const questions: string[] = [];
  const exitCode = await runCommandLine(
    ["cache", "clear", "--cache-dir", folder(), ...words],
    {
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
      environment: {},
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    },
    new AbortController().signal,
  );
  return { exitCode, questions, ...written, left: await readdir(folder()) };
}

describe("onestep cache clear on a terminal", () => {
  it("shows what it would remove, asks, and removes", async () => {
    expect(await clear(" Yes ")).toEqual({
      exitCode: 0,
      questions: [
        "  a/small (1.50 kB)\n  b/large (1.50 kB)\nDelete these 2 models? The cache is shared with Python. [y/N] ",
      ],
      stdout: "3.00 kB freed\n",
      stderr: "Removed a/small\nRemoved b/large\n",
      left: [],
    });
  });

  it.each(["", "n", "yesterday"])("removes nothing when the answer is %j", async (answer) => {
    expect(await clear(answer, "a/small")).toMatchObject({
      exitCode: 0,
      questions: [expect.stringContaining("Delete this model")],
      stdout: "Nothing was removed.\n",
      left: ["models--a--small", "models--b--large"],
    });
  });

  it("does not ask with --yes, or where there is nothing", async () => {
    expect(await clear("", "--yes", "a/small")).toMatchObject({ questions: [], left: ["models--b--large"] });
    expect(await clear("", "--yes")).toMatchObject({ questions: [], left: [] });
    expect(await clear("")).toMatchObject({ questions: [], stdout: "The cache is empty.\n" });
  });

  it("removes what was left with --leftovers, without a question, and with all models", async () => {
    const part = join(folder(), "models--a--small", "blobs", `${"1".repeat(64)}.onestep-00000001.incomplete`);
    await mkdir(join(part, ".."), { recursive: true });
    await writeFile(part, "x".repeat(2000));
    await mkdir(join(folder(), ".deleting-0a1b2c3d"));
    expect(await clear("", "--leftovers")).toMatchObject({
      questions: [],
      stdout: "2.00 kB freed\n",
      left: ["models--a--small", "models--b--large"],
    });
    expect(await clear("", "--leftovers", "a/small")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--leftovers is for the whole cache. Leave out the models."),
    });
    await mkdir(join(folder(), ".deleting-0a1b2c3d"));
    expect(await clear("", "--yes")).toMatchObject({ stdout: "3.00 kB freed\n", left: [] });
  });
});
