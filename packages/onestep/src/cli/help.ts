import type { OptionDefinition } from "./arguments/parse-arguments.ts";
import { type Command, commonOptions, type PositionalDefinition } from "./command.ts";
import { exitCodeMeanings } from "./exit-codes.ts";

const width = 100;
const termWidth = 30;

/** The help text of a command. */
export function formatCommandHelp(command: Command): string {
  const { name, positional, options, description, examples, summary } = command;
  const usage = [
    "onestep",
    name,
    ...(positional === undefined ? [] : [formatPositional(positional)]),
    "[options]",
  ];
  return joinSections([
    [`Usage: ${usage.join(" ")}`],
    [`${summary}.`],
    ...description.map((paragraph) => wrapText(paragraph, width)),
    ...(positional === undefined
      ? []
      : [["Arguments:", ...formatTerm(positional.name, positional.description)]]),
    ...(options.length === 0 ? [] : [["Options:", ...formatOptions(options)]]),
    ["Options of every command:", ...formatOptions(commonOptions)],
    ...(examples.length === 0 ? [] : [["Examples:", ...examples.map((example) => `  onestep ${example}`)]]),
  ]);
}

/** The help text of the command line as a whole. */
export function formatOverview(commands: readonly Command[]): string {
  const codes = exitCodeMeanings.flatMap(([code, meaning]) => formatTerm(String(code), meaning, 5));
  return joinSections([
    ["Usage: onestep <command> [options]"],
    ["Generate and edit images with diffusion models, directly from the checkpoints on the Hub."],
    ["Commands:", ...commands.flatMap(({ name, summary }) => formatTerm(name, summary, 20))],
    [
      "Options:",
      ...formatTerm("-h, --help", "Show this text, or that of a command: onestep help generate"),
      ...formatTerm("-v, --version", "Show the version"),
    ],
    ["Exit codes:", ...codes],
    ["Environment:", ...environmentVariables.flatMap(([name, use]) => formatTerm(name, use))],
  ]);
}

const environmentVariables: readonly (readonly [string, string])[] = [
  ["HF_TOKEN", "Access token of the Hub"],
  ["HF_HOME, HF_HUB_CACHE", "Where the cache of the Hub is"],
  ["HF_ENDPOINT", "The Hub, or a mirror of it"],
  ["HF_HUB_OFFLINE", "1 to make no requests"],
  ["NO_COLOR", "Set to any value to write without colours"],
];

function joinSections(sections: readonly (readonly string[])[]): string {
  return sections.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function formatPositional({ name, repeatable, required }: PositionalDefinition): string {
  const word = `${name}${repeatable === true ? " ..." : ""}`;
  return required === true ? `<${word}>` : `[${word}]`;
}

function formatOptions(options: readonly OptionDefinition[]): readonly string[] {
  return options.flatMap((option) => formatTerm(formatOption(option), option.description));
}

/** The usage of an option: `-o, --out <file>`. Options without a short form are indented to align with the others. */
function formatOption({ name, short, value }: OptionDefinition): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
}

/** A term and its description in two columns, or on two lines if the term is too wide. */
function formatTerm(term: string, meaning: string, columns: number = termWidth): readonly string[] {
  const [first = "", ...rest] = wrapText(meaning, width - columns - 2);
  const indent = " ".repeat(columns + 2);
  const lines = rest.map((line) => indent + line);
  if (term.length > columns - 2) return [`  ${term}`, indent + first, ...lines];
  return [`  ${term.padEnd(columns)}${first}`, ...lines];
}

/** Wraps a text at `width` characters, between words. Longer words get their own line. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
