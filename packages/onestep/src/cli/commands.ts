import { nearestName } from "@onestep/core/internal/nearest-name";
import {
  type OptionDefinition,
  type Token,
  tokenize,
  UsageError,
  unknownOption,
} from "./arguments/parse-arguments.ts";
import {
  type Command,
  type CommandGroup,
  type CommandTable,
  commonOptions,
  programOptions,
} from "./command.ts";
import { batchCommand } from "./commands/batch.ts";
import { cacheClearCommand } from "./commands/cache-clear.ts";
import { cacheListCommand } from "./commands/cache-list.ts";
import { completionCommand } from "./commands/completion.ts";
import { downloadCommand } from "./commands/download.ts";
import { editColorizeCommand } from "./commands/edit-colorize.ts";
import { editDenoiseCommand } from "./commands/edit-denoise.ts";
import { editImg2ImgCommand } from "./commands/edit-img2img.ts";
import { editInpaintCommand } from "./commands/edit-inpaint.ts";
import { editInterpolateCommand } from "./commands/edit-interpolate.ts";
import { editStrokeCommand } from "./commands/edit-stroke.ts";
import { editUpscaleCommand } from "./commands/edit-upscale.ts";
import { generateCommand } from "./commands/generate.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { serveCommand } from "./commands/serve.ts";
import { uploadCommand } from "./commands/upload.ts";
import { whoamiCommand } from "./commands/whoami.ts";
import { workerCommand } from "./commands/worker.ts";

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  generateCommand,
  editImg2ImgCommand,
  editInpaintCommand,
  editColorizeCommand,
  editUpscaleCommand,
  editStrokeCommand,
  editDenoiseCommand,
  editInterpolateCommand,
  batchCommand,
  serveCommand,
  workerCommand,
  inspectCommand,
  downloadCommand,
  uploadCommand,
  whoamiCommand,
  cacheListCommand,
  cacheClearCommand,
  completionCommand,
];

/** The words that several commands start with. */
export const commandGroups: readonly CommandGroup[] = [
  { name: "edit", summary: "Edit images" },
  { name: "cache", summary: "List and clear the cache of models" },
];

/** The command table of the program. */
export const commandTable: CommandTable = { commands, groups: commandGroups };

/** What a command line asks for. */
export type Request =
  | { readonly kind: "overview" | "version" }
  | { readonly kind: "group-help"; readonly group: CommandGroup }
  | { readonly kind: "help"; readonly command: Command }
  /** `rest` are the words without those of the command. */
  | { readonly kind: "run"; readonly command: Command; readonly rest: readonly string[] };

/**
 * Finds out what a command line asks for. Options may stand before the command.
 *
 * @throws UsageError if it names no command, or one that does not exist; the message suggests one.
 */
export function resolveRequest(words: readonly string[], table: CommandTable): Request {
  const { commands, groups } = table;
  const options = allOptions(commands);
  const tokens = tokenize(words, options);
  const end = tokens.find(({ kind }) => kind === "option-terminator")?.index ?? words.length;
  const names = tokens.filter(isPositional).filter(({ index }) => index < end);
  const given = new Set(tokens.flatMap((token) => (token.kind === "option" ? [token.name] : [])));
  requireKnownBefore(names[0]?.index ?? end, tokens, options);
  const isTopic = names[0]?.value === "help";
  const topic = (isTopic ? names.slice(1) : names).map(({ value }) => value);
  const asksForHelp = isTopic || given.has("help");
  if (topic.length === 0) {
    if (asksForHelp || words.length === 0) return { kind: "overview" };
    if (given.has("version")) return { kind: "version" };
    throw new UsageError(`A command is missing: ${listWords(firstWords(table))}.`);
  }
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => topic[index] === word));
  if (command !== undefined) {
    if (asksForHelp) return { kind: "help", command };
    const own = new Set(names.slice(0, command.name.split(" ").length).map(({ index }) => index));
    return { kind: "run", command, rest: words.filter((_, index) => !own.has(index)) };
  }
  const group = groups.find(({ name }) => name === topic[0]);
  if (group !== undefined && topic.length === 1 && !given.has("json")) return { kind: "group-help", group };
  throw unknownCommand(topic, table);
}

/** Every option of the command line, each name once. */
function allOptions(commands: readonly Command[]): readonly OptionDefinition[] {
  const all = [...commonOptions, ...programOptions, ...commands.flatMap(({ options }) => options)];
  return [...new Map(all.map((option) => [option.name, option])).values()];
}

/** Reports a misspelled option, whose value would be taken for the command. */
function requireKnownBefore(
  index: number,
  tokens: readonly Token[],
  options: readonly OptionDefinition[],
): void {
  const known = options.map(({ name }) => name);
  for (const token of tokens) {
    if (token.kind !== "option" || token.index > index || known.includes(token.name)) continue;
    throw unknownOption(token.rawName, { command: undefined, known });
  }
}

function isPositional(token: Token): token is Extract<Token, { readonly kind: "positional" }> {
  return token.kind === "positional";
}

function firstWords({ commands }: CommandTable): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? ""))];
}

function unknownCommand([first = "", second]: readonly string[], table: CommandTable): UsageError {
  const { commands } = table;
  const members = commands.map(({ name }) => name).filter((name) => name.startsWith(`${first} `));
  if (members.length > 0 && second === undefined) {
    return new UsageError(`\`onestep ${first}\` needs a subcommand: ${listWords(members)}.`, first);
  }
  const typed = members.length > 0 ? `${first} ${second}` : first;
  const names = members.length > 0 ? members : firstWords(table);
  const nearest = nearestName(typed, names) ?? nearestSubcommand(first, table);
  const hint =
    nearest === undefined ? `The commands are ${listWords(names)}.` : `Did you mean \`onestep ${nearest}\`?`;
  const help = members.length > 0 ? first : undefined;
  return new UsageError(`There is no command ${JSON.stringify(typed)}. ${hint}`, help);
}

/** `inpaint` without `edit` before it. */
function nearestSubcommand(word: string, { commands }: CommandTable): string | undefined {
  const byLast = new Map(
    commands.flatMap(({ name }) => (name.includes(" ") ? [[name.split(" ")[1] ?? "", name]] : [])),
  );
  return byLast.get(nearestName(word, byLast.keys()) ?? "");
}

function listWords(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
