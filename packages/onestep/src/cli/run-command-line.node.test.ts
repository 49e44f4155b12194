import { setWarningHandler, type WarningHandler } from "@onestep/core";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { commandGroups, commands, commandTable } from "./commands.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview } from "./help.ts";
import { runCommandLine } from "./run-command-line.ts";
import { readVersion } from "./version.ts";

async function run(words: readonly string[], signal: AbortSignal = new AbortController().signal) {
  let stdout = "";
  let stderr = "";
  const exitCode = await runCommandLine(
    words,
    {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      environment: {},
      ask: undefined,
    },
    signal,
  );
  return { exitCode, stdout, stderr };
}

describe("runCommandLine", () => {
  it.each([[[]], [["--help"]], [["-h"]], [["help"]], [["help", "--json"]]])(
    "%j shows what there is",
    async (words) => {
      expect(await run(words)).toEqual({ exitCode: 0, stdout: formatOverview(commandTable), stderr: "" });
    },
  );

  it.each(commands.map((command) => ({ name: command.name, command })))(
    "shows the help of $name, however it is asked for",
    async ({ name, command }) => {
      const expected = { exitCode: 0, stdout: formatCommandHelp(command), stderr: "" };
      expect(await run(["help", ...name.split(" ")])).toEqual(expected);
      expect(await run([...name.split(" "), "--help"])).toEqual(expected);
      expect(await run([...name.split(" "), "-h"])).toEqual(expected);
    },
  );

  it.each(commandGroups.map((group) => ({ name: group.name, group })))(
    "shows what there is of $name, however it is asked for",
    async ({ name, group }) => {
      const expected = { exitCode: 0, stdout: formatGroupHelp(group, commands), stderr: "" };
      for (const words of [[name], [name, "--help"], ["help", name], ["--help", name]]) {
        expect(await run(words)).toEqual(expected);
      }
    },
  );

  it.each(["--version", "-v"])("%s shows the version", async (word) => {
    expect(await run([word])).toEqual({ exitCode: 0, stdout: `${readVersion()}\n`, stderr: "" });
  });

  it.each([
    [["genrate"], "Did you mean `onestep generate`?", "onestep --help"],
    [["help", "genrate"], "Did you mean `onestep generate`?", "onestep --help"],
    [["cache", "purge"], 'There is no command "cache purge"', "onestep cache --help"],
    [["--device", "cpu"], "A command is missing", "onestep --help"],
    [["generate", "--sigma", "1"], "It is an option of `onestep edit denoise`.", "onestep generate --help"],
    [["generate", "--classLabels", "1"], "Did you mean --class-label?", "onestep generate --help"],
    [["generate", "--num_inference_steps", "1"], "Did you mean --steps?", "onestep generate --help"],
    [["cache", "clear"], "Not a terminal", "onestep cache clear --help"],
    [["generate", "--sede", "1"], "Did you mean --seed?", "onestep generate --help"],
    [["generate", "a", "b"], 'Unexpected "b"', "onestep generate --help"],
    [["generate", "--steps", "none"], '--steps: found "none"', "onestep generate --help"],
    [["generate", "--scheduler", "best"], '--scheduler: found "best"', "onestep generate --help"],
  ])("%j is wrong usage", async (words, message, help) => {
    const { exitCode, stdout, stderr } = await run(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`Run \`${help}\` for how to use it.\n`);
  });

  it("tells an error as JSON, wrong usage too", async () => {
    const { exitCode, stdout, stderr } = await run(["generate", "--json", "--sede", "1"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "usage", message: expect.stringContaining("no option --sede"), problem: null },
    });
  });

  it("shows the stack with --debug", async () => {
    const { stderr } = await run(["generate", "--debug", "--steps", "0"]);
    expect(stderr).toMatch(/^error: --steps[^\n]+\nUsageError: --steps[^\n]+\n +at /);
  });

  it("tells what stopped it, and sets the former handler of warnings again", async () => {
    const handler: WarningHandler = () => undefined;
    setWarningHandler(handler);
    const stopped = AbortSignal.abort(new Error("the plug was pulled"));
    const { exitCode, stderr } = await run(["generate"], stopped);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("the plug was pulled");
    expect(setWarningHandler(undefined)).toBe(handler);
  });
});

describe("readVersion", () => {
  it("is the version of the package", () => {
    expect(readVersion()).toBe(manifest.version);
  });
});
