import type { OptionDefinition } from "./arguments/parse-arguments.ts";
import {
  type Command,
  type CommandGroup,
  type CommandTable,
  commonOptions,
  type PositionalDefinition,
} from "./command.ts";
import { exitCodeMeanings } from "./exit-codes.ts";

/** How to lay out a help text. */
export interface HelpLayout {
  /** Width of the terminal; 80 by default. */
  readonly columns?: number;
}

const widestTerm = 30;

/** Below this width, descriptions stand under their terms. */
const narrowestTable = 60;

/** The help text of a command. */
export function formatCommandHelp(command: Command, { columns = 80 }: HelpLayout = {}): string {
  const { name, positionals = [], options, description, examples, summary } = command;
  const usage = ["onestep", name, ...positionals.map(formatPositional), "[options]"].join(" ");
  return joinSections([
    wrapText(`Usage: ${usage}`, columns, "  "),
    wrapText(`${summary}.`, columns),
    ...description.map((paragraph) => wrapText(paragraph, columns)),
    ...(positionals.length === 0
      ? []
      : [
          [
            "Arguments:",
            ...positionals.flatMap((positional) =>
              formatTerm(positional.name, positional.description, { columns }),
            ),
          ],
        ]),
    ...(options.length === 0 ? [] : [["Options:", ...formatOptions(options, columns)]]),
    ["Options of every command:", ...formatOptions(commonOptions, columns)],
    ...(examples.length === 0 ? [] : [["Examples:", ...examples.map((example) => `  onestep ${example}`)]]),
  ]);
}

/** The help text of a group of commands: `edit`. */
export function formatGroupHelp(
  { name, summary }: CommandGroup,
  commands: readonly Command[],
  { columns = 80 }: HelpLayout = {},
): string {
  const members = commands.filter((command) => command.name.startsWith(`${name} `));
  return joinSections([
    [`Usage: onestep ${name} <command> [options]`],
    [`${summary}.`],
    ["Commands:", ...formatCommands(members, columns)],
    wrapText(`Run \`onestep ${members[0]?.name} --help\` for the options of a command.`, columns),
  ]);
}

/** The help text of the command line as a whole. */
export function formatOverview({ commands }: CommandTable, { columns = 80 }: HelpLayout = {}): string {
  const list = (rows: readonly (readonly [string, string])[], term?: number): readonly string[] =>
    rows.flatMap(([name, meaning]) => formatTerm(name, meaning, { columns, ...(term && { term }) }));
  return joinSections([
    ["Usage: onestep <command> [options]"],
    wrapText(
      "Generate and edit images with diffusion models, directly from the checkpoints on the Hub.",
      columns,
    ),
    ["Commands:", ...formatCommands(commands, columns)],
    [
      "Options:",
      ...list([
        ["-h, --help", "Show this text, or that of a command: onestep help generate"],
        ["-v, --version", "Show the version"],
      ]),
    ],
    [
      "Exit codes:",
      ...list(
        exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const),
        5,
      ),
    ],
    ["Environment:", ...list(environmentVariables)],
  ]);
}

const environmentVariables: readonly (readonly [string, string])[] = [
  ["HF_TOKEN", "Access token of the Hub"],
  ["HF_HOME, HF_HUB_CACHE", "Where the cache of the Hub is"],
  ["HF_ENDPOINT", "The Hub, or a mirror of it"],
  ["HF_HUB_OFFLINE", "1 to make no requests"],
  ["NO_COLOR", "Set to any value to write without colours, as --no-color does"],
  ["FORCE_COLOR", "1 to write with colours, to files and pipes too; 0 for none"],
];

function joinSections(sections: readonly (readonly string[])[]): string {
  return sections.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function formatCommands(commands: readonly Command[], columns: number): readonly string[] {
  return commands.flatMap(({ name, summary }) => formatTerm(name, summary, { columns, term: 20 }));
}

function formatPositional({ name, repeatable, required }: PositionalDefinition): string {
  const word = `${name}${repeatable === true ? " ..." : ""}`;
  return required === true ? `<${word}>` : `[${word}]`;
}

function formatOptions(options: readonly OptionDefinition[], columns: number): readonly string[] {
  return options.flatMap((option) => formatTerm(formatOption(option), option.description, { columns }));
}

/** The usage of an option: `-o, --out <file>`. Options without a short form are indented to align with the others. */
function formatOption({ name, short, value }: OptionDefinition): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
}

/** A term and its description in two columns, or under each other if the term or the terminal is too narrow. */
function formatTerm(
  text: string,
  meaning: string,
  { columns, term = widestTerm }: { readonly columns: number; readonly term?: number },
): readonly string[] {
  if (columns < narrowestTable && term > 5) {
    return [`  ${text.trimStart()}`, ...wrapText(meaning, columns - 6).map((line) => `      ${line}`)];
  }
  const [first = "", ...rest] = wrapText(meaning, columns - term - 2);
  const indent = " ".repeat(term + 2);
  const lines = rest.map((line) => indent + line);
  if (text.length > term - 2) return [`  ${text}`, indent + first, ...lines];
  return [`  ${text.padEnd(term)}${first}`, ...lines];
}

/**
 * Wraps a text at `width` characters, between words. Longer words get their own line. The texts are ASCII, so their
 * length is their width, and help needs no package to be loaded.
 *
 * @param indent - Before every line but the first.
 */
export function wrapText(text: string, width: number, indent = ""): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.trimStart() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
