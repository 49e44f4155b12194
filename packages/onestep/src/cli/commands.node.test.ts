import { describe, expect, it } from "vitest";
import { type OptionDefinition, parseArguments, UsageError } from "./arguments/parse-arguments.ts";
import { type Command, commonOptions } from "./command.ts";
import { commandTable, resolveRequest } from "./commands.ts";

const commands = ["generate", "inspect", "cache list", "cache clear"].map(
  (name): Command => ({ name, summary: "", description: [], options: [], examples: [], run: async () => {} }),
);

const list: OptionDefinition[] = [
  { name: "device", value: "name", description: "" },
  { name: "mask", value: "file", description: "" },
];
const table = {
  commands: commands.map((command) =>
    command.name === "generate" ? { ...command, options: list } : command,
  ),
  groups: [{ name: "cache", summary: "" }],
};
const resolve = (...words: string[]) => resolveRequest(words, table);

describe("resolveRequest", () => {
  it("finds commands of one word and of two", () => {
    expect(resolve("generate", "--seed", "1")).toMatchObject({
      kind: "run",
      command: { name: "generate" },
      rest: ["--seed", "1"],
    });
    expect(resolve("cache", "clear", "a/b")).toMatchObject({
      kind: "run",
      command: { name: "cache clear" },
      rest: ["a/b"],
    });
  });

  it("takes options before the command, and within it", () => {
    expect(resolve("--device", "cpu", "generate", "a/b")).toMatchObject({
      command: { name: "generate" },
      rest: ["--device", "cpu", "a/b"],
    });
    expect(resolve("--json", "cache", "-q", "clear", "--", "generate")).toMatchObject({
      command: { name: "cache clear" },
      rest: ["--json", "-q", "--", "generate"],
    });
  });

  it.each([
    [[], "overview"],
    [["help"], "overview"],
    [["--help"], "overview"],
    [["help", "--json"], "overview"],
    [["--version"], "version"],
    [["-v"], "version"],
    [["cache"], "group-help"],
    [["cache", "-h"], "group-help"],
    [["help", "cache"], "group-help"],
    [["help", "cache", "list"], "help"],
    [["cache", "list", "--help"], "help"],
    [["--help", "generate"], "help"],
    [["generate", "--device", "cpu", "-h"], "help"],
  ])("takes %j for %s", (words, kind) => {
    expect(resolve(...words).kind).toBe(kind);
  });

  it.each([
    [["genrate"], 'There is no command "genrate". Did you mean `onestep generate`?'],
    [["help", "genrate"], "Did you mean `onestep generate`?"],
    [["paint"], 'There is no command "paint". The commands are `generate`, `inspect`, `cache`.'],
    [["cache", "--json"], "`onestep cache` needs a subcommand: `cache list`, `cache clear`."],
    [["cache", "lsit"], 'There is no command "cache lsit". Did you mean `onestep cache list`?'],
    [["cache", "purge"], 'There is no command "cache purge". The commands are `cache list`, `cache clear`.'],
    [["clear"], "Did you mean `onestep cache clear`?"],
    [["--device", "cpu"], "A command is missing: `generate`, `inspect`, `cache`."],
    [["--devcie", "cpu", "generate"], "`onestep` has no option --devcie. Did you mean --device?"],
    [["--", "generate"], "A command is missing"],
  ])("refuses %j", (words, message) => {
    expect(() => resolve(...words)).toThrow(UsageError);
    expect(() => resolve(...words)).toThrow(message);
  });
});

/** Words one letter away from a name: without its second, and with its first two swapped. */
function misspell(name: string): readonly string[] {
  return [name[0] + name.slice(2), name.slice(1, 2) + name.slice(0, 1) + name.slice(2)].filter(
    (word) => word !== name && word.length > 3,
  );
}

describe("a misspelling", () => {
  const { commands: all } = commandTable;
  const words = [...new Set(all.flatMap(({ name }) => name.split(" ")))].flatMap(misspell);

  it.each(words)("of a command gets a suggestion: %s", (word) => {
    expect(() => resolveRequest([word], commandTable)).toThrow(/Did you mean `onestep [a-z0-9 ]+`\?/);
  });

  it.each(all)("of any option of $name gets a suggestion", ({ name, options }) => {
    const own = [...options, ...commonOptions];
    for (const word of own.flatMap((option) => misspell(option.name))) {
      if (own.some((option) => option.name === word)) continue;
      expect(() => parseArguments([`--${word}`], { name, options: own, maximumPositionals: 0 })).toThrow(
        /Did you mean --[a-z0-9-]+\?/,
      );
    }
  });

  it.each(all)("of any listed value of $name gets a suggestion", ({ name, options }) => {
    for (const { name: option, choices = [] } of options) {
      for (const word of choices.flatMap(misspell)) {
        const given = [`--${option}`, word];
        expect(() => parseArguments(given, { name, options, maximumPositionals: 0 })).toThrow(
          /Did you mean \w+\?/,
        );
      }
    }
  });
});
