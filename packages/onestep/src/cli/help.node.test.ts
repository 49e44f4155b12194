import { describe, expect, it } from "vitest";
import { commonOptions } from "./command.ts";
import { commands } from "./commands.ts";
import { exitCodes } from "./exit-codes.ts";
import { formatCommandHelp, formatOverview, wrapText } from "./help.ts";

describe("formatCommandHelp", () => {
  it("lays a command out", () => {
    const text = formatCommandHelp({
      name: "cache clear",
      summary: "Removes models",
      description: ["More about it."],
      positional: { name: "model", repeatable: true, description: "Which" },
      options: [
        { name: "yes", short: "y", description: "Do not ask" },
        { name: "a-name-that-is-much-too-long", value: "value", description: "Long" },
      ],
      examples: ["cache clear --yes"],
      run: async () => {},
    });
    expect(text).toBe(`Usage: onestep cache clear [model ...] [options]

Removes models.

More about it.

Arguments:
  model                         Which

Options:
  -y, --yes                     Do not ask
      --a-name-that-is-much-too-long <value>
                                Long

Options of every command:
      --json                    Write the result, or the error, as one JSON document to stdout
  -q, --quiet                   Write no progress and no notes; warnings and errors are written
      --debug                   Show where in the code an error came from
  -h, --help                    Show this text

Examples:
  onestep cache clear --yes
`);
  });

  it.each(commands)("has every option of $name, on lines of at most 100 characters", (command) => {
    const text = formatCommandHelp(command);
    for (const { name } of [...command.options, ...commonOptions]) expect(text).toContain(`--${name}`);
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

describe("formatOverview", () => {
  const text = formatOverview(commands);

  it("has every command and every exit code, on lines of at most 100 characters", () => {
    for (const { name, summary } of commands) {
      expect(text).toContain(`  ${name}`);
      expect(text).toContain(summary);
    }
    for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^  ${code} +\\w`, "m"));
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});

it("no option is defined twice, and no letter used twice", () => {
  for (const { options } of commands) {
    const all = [...options, ...commonOptions];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    const letters = all.flatMap(({ short }) => short ?? []);
    expect(new Set(letters).size).toBe(letters.length);
  }
});

describe("wrapText", () => {
  it("breaks between words and leaves long words whole", () => {
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("a https://long.example/path b", 8)).toEqual(["a", "https://long.example/path", "b"]);
    expect(wrapText("", 8)).toEqual([""]);
  });
});
