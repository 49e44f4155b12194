import { describe, expect, it } from "vitest";
import { commonOptions } from "./command.ts";
import { commandGroups, commands, commandTable } from "./commands.ts";
import { exitCodes } from "./exit-codes.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview, wrapText } from "./help.ts";

describe("formatCommandHelp", () => {
  it("lays a command out", () => {
    const text = formatCommandHelp(
      {
        name: "cache clear",
        summary: "Removes models",
        description: ["More about it."],
        positionals: [{ name: "model", repeatable: true, description: "Which" }],
        options: [
          { name: "yes", short: "y", description: "Do not ask" },
          { name: "a-name-that-is-much-too-long", value: "value", description: "Long" },
        ],
        examples: ["cache clear --yes"],
        run: async () => {},
      },
      { columns: 100 },
    );
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
      --no-color                Write without colours
      --debug                   Show where in the code an error came from
  -h, --help                    Show this text

Examples:
  onestep cache clear --yes
`);
  });

  it.each(commands)("has every option of $name, and fits the terminal", (command) => {
    const text = formatCommandHelp(command);
    for (const { name } of [...command.options, ...commonOptions]) expect(text).toContain(`--${name}`);
    for (const columns of [40, 59, 60, 80, 100]) {
      const tooLong = linesBeyond(formatCommandHelp(command, { columns }), columns);
      expect(tooLong.filter((line) => !isUnbreakable(line))).toEqual([]);
    }
  });

  it.each(commands)("is ASCII for $name, since it counts characters for columns", (command) => {
    expect(formatCommandHelp(command)).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

function linesBeyond(text: string, columns: number): readonly string[] {
  return text.split("\n").filter((line) => line.length > columns);
}

/** An example, which is to be copied, or one long word. */
function isUnbreakable(line: string): boolean {
  return line.startsWith("  onestep ") || /^ *(-\w, )?\S+( <\S+>)?$/.test(line);
}

describe("formatGroupHelp", () => {
  it.each(commandGroups)("has every command of $name", (group) => {
    const text = formatGroupHelp(group, commands);
    const members = commands.filter(({ name }) => name.startsWith(`${group.name} `));
    expect(members.length).toBeGreaterThan(1);
    for (const { name, summary } of members) expect(text).toMatch(new RegExp(`^  ${name} +${summary}$`, "m"));
    expect(linesBeyond(formatGroupHelp(group, commands, { columns: 40 }), 40)).toEqual([]);
  });
});

describe("formatOverview", () => {
  const text = formatOverview(commandTable);

  it("has every command and every exit code, and fits the terminal", () => {
    for (const { name, summary } of commands) {
      expect(text).toContain(`  ${name}`);
      expect(text).toContain(summary);
    }
    for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^  ${code} +\\w`, "m"));
    for (const columns of [40, 80, 100]) {
      expect(linesBeyond(formatOverview(commandTable, { columns }), columns)).toEqual([]);
    }
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
