import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { schedulerClasses } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";
import { commandTable } from "./commands.ts";
import { formatCompletion, type Shell } from "./completion.ts";

const folder = temporaryFolder();
const execute = promisify(execFile);
const more = { scheduler: schedulerClasses.map(({ className }) => className) };

/** Whether a shell is installed. */
function has(shell: Shell): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((path) => existsSync(join(path, shell)));
}

/** The completions of a command line, whose last word is the one to complete, in a real shell. */
async function complete(shell: Shell, ...words: string[]): Promise<readonly string[]> {
  await mkdir(join(folder(), "my folder"), { recursive: true });
  await writeFile(join(folder(), "my image.png"), "");
  const script = join(folder(), `completion.${shell}`);
  await writeFile(script, formatCompletion(shell, commandTable, more));
  const line = words.map((word) => `'${word}'`).join(" ");
  const programs = {
    bash: [
      "-c",
      `source ${script}; COMP_WORDS=(onestep ${line}); COMP_CWORD=${words.length}; _onestep; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    fish: ["-N", "-c", `source ${script}; complete -C "onestep ${words.join(" ")}"`],
    // compadd and _files do nothing outside of the line editor, so they print what they are given.
    zsh: [
      "-f",
      "-c",
      `compadd() { shift; print -l -- "$@" }; _files() { print -l -- *(N) }; compdef() { : }; source ${script}; words=(onestep ${line}); CURRENT=${words.length + 1}; PREFIX='${words.at(-1)}'; _onestep`,
    ],
  };
  const { stdout } = await execute(shell, programs[shell], {
    cwd: folder(),
    env: { ...process.env, HOME: folder() },
  });
  const lines = stdout.split("\n").map((text) => text.split("\t")[0] ?? "");
  return lines.filter((text) => text !== "" && text.startsWith(words.at(-1) ?? ""));
}

for (const shell of (["bash", "zsh", "fish"] as const).filter(has)) {
  describe(`completion in ${shell}`, () => {
    it("offers commands and subcommands", async () => {
      expect(await complete(shell, "gen")).toEqual(["generate"]);
      expect(await complete(shell, "edit", "in")).toEqual(expect.arrayContaining(["inpaint", "interpolate"]));
      expect(await complete(shell, "--device", "cpu", "cache", "cl")).toEqual(["clear"]);
      const all = await complete(shell, "");
      for (const { name } of commandTable.commands) expect(all).toContain(name.split(" ")[0]);
    });

    it("offers the options of a command", async () => {
      expect(await complete(shell, "generate", "--class")).toEqual(["--class-label"]);
      expect(await complete(shell, "edit", "upscale", "x.png", "--fac")).toEqual(["--factor"]);
      expect(await complete(shell, "cache", "list", "--class")).toEqual([]);
    });

    it("offers the values of options that have a list", async () => {
      expect((await complete(shell, "generate", "--device", "w")).toSorted()).toEqual(["wasm", "webgpu"]);
      expect(await complete(shell, "edit", "colorize", "--resize-mode", "f")).toEqual(["fill"]);
      expect(await complete(shell, "generate", "--scheduler", "DDPM")).toEqual(["DDPMScheduler"]);
      expect(await complete(shell, "completion", "z")).toEqual(["zsh"]);
    });

    it("offers files, with blanks in their names, and nothing where any text goes", async () => {
      expect((await complete(shell, "edit", "colorize", "my")).join()).toMatch(/my.* image\.png/);
      expect((await complete(shell, "generate", "--out", "my")).join()).toMatch(/my.* image\.png/);
      expect(await complete(shell, "generate", "--prompt", "my")).toEqual([]);
    });
  });
}

describe("onestep completion", () => {
  it("writes the script of a shell", async () => {
    const { exitCode, stdout } = await runOnestep(["completion", "bash"], { folder: folder() });
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${formatCompletion("bash", commandTable, more)}\n`);
  });

  it.each([
    [[], 2, "A shell is missing: bash, zsh, fish."],
    [["bsh"], 3, "Did you mean bash?"],
  ])("refuses %j", async (words, code, message) => {
    const { exitCode, stderr } = await runOnestep(["completion", ...words], { folder: folder() });
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});
