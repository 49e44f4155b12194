import { describe, expect, it } from "vitest";
import { UsageError } from "./arguments/parse-arguments.ts";
import type { Command } from "./command.ts";
import { resolveCommand } from "./commands.ts";

const commands = ["generate", "inspect", "cache list", "cache clear"].map(
  (name): Command => ({ name, summary: "", description: [], options: [], examples: [], run: async () => {} }),
);

describe("resolveCommand", () => {
  it("finds commands of one word and of two", () => {
    expect(resolveCommand(["generate", "--seed", "1"], commands)).toMatchObject({
      command: { name: "generate" },
      rest: ["--seed", "1"],
    });
    expect(resolveCommand(["cache", "clear", "a/b"], commands)).toMatchObject({
      command: { name: "cache clear" },
      rest: ["a/b"],
    });
  });

  it.each([
    [["genrate"], 'There is no command "genrate". Did you mean `onestep generate`?'],
    [["paint"], 'There is no command "paint". The commands are `generate`, `inspect`, `cache`.'],
    [["cache"], "`onestep cache` needs a subcommand: `cache list`, `cache clear`."],
    [["cache", "--json"], "`onestep cache` needs a subcommand: `cache list`, `cache clear`."],
    [["cache", "lsit"], 'There is no command "cache lsit". Did you mean `onestep cache list`?'],
    [["cache", "purge"], 'There is no command "cache purge". The commands are `cache list`, `cache clear`.'],
    [["--seed", "1"], "There is no option --seed before a command."],
  ])("refuses %j", (words, message) => {
    expect(() => resolveCommand(words, commands)).toThrow(UsageError);
    expect(() => resolveCommand(words, commands)).toThrow(message);
  });
});
