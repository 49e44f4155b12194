import { parseArgs } from "node:util";
import { nearestName } from "@onestep/core/internal/nearest-name";

/** The command line is invalid: an unknown command or option, or a missing or invalid value. */
export class UsageError extends Error {
  /** The intended command, if known: `cache list`. */
  readonly command: string | undefined;

  /** `invalid-argument` for a value that is not one of the allowed names. */
  readonly code: "usage" | "invalid-argument";

  constructor(message: string, command?: string, code: UsageError["code"] = "usage") {
    super(message);
    this.name = "UsageError";
    this.command = command;
    this.code = code;
  }
}

/** An option of a command. */
export interface OptionDefinition {
  /** Long name without dashes: `class-label`. */
  readonly name: string;
  /** One-letter short form: `o` for `-o`. */
  readonly short?: string;
  /** Placeholder of its value in the help text: `file`. Without it the option is a switch. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** The allowed values, if there are only a few. */
  readonly choices?: readonly string[];
  /** What its value names, for shell completion. */
  readonly completes?: "file" | "folder";
  /** Whether an empty value is allowed: `--prompt ""`. */
  readonly allowsEmpty?: boolean;
  /** Description for the help text, without a trailing full stop. */
  readonly description: string;
}

/** The arguments after the command, checked against its definition. */
export class ParsedArguments {
  /** The positional arguments, in order. */
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @param values - The values of each option that was given, by its long name; none for a switch. */
  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option; the last one if given more than once. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option; empty if it was not given. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/** The arguments a command accepts. */
export interface ArgumentDefinitions {
  /** The command, for messages: `cache list`. */
  readonly name: string;
  readonly options: readonly OptionDefinition[];
  /** Maximum number of positional arguments. */
  readonly maximumPositionals: number;
  /** The commands that have an option, for a message about one that this command lacks. */
  readonly commandsWith?: (option: string) => readonly string[];
}

/**
 * Checks the arguments of a command. Of values, only those with a list of choices are validated.
 *
 * @throws UsageError if an option is unknown, lacks its value, has an unexpected value, or is repeated when it must not
 *   be; or if there are too many arguments.
 */
export function parseArguments(
  words: readonly string[],
  { name: command, options, maximumPositionals, commandsWith = () => [] }: ArgumentDefinitions,
): ParsedArguments {
  const byName = new Map(options.map((option) => [option.name, option]));
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokenize(words, options)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      positionals.push(token.value);
      continue;
    }
    const option = byName.get(token.name);
    if (option === undefined) {
      const others = commandsWith(token.name);
      throw unknownOption(token.rawName, { command, known: byName.keys(), others });
    }
    const given = values.get(option.name);
    if (given !== undefined && option.value !== undefined && option.repeatable !== true) {
      throw new UsageError(`--${option.name} was given twice, and takes one value.`, command);
    }
    const value = checkValue(option, token, command);
    values.set(option.name, [...(given ?? []), ...value]);
  }
  if (positionals.length > maximumPositionals) {
    const extra = positionals.slice(maximumPositionals).map((word) => JSON.stringify(word));
    throw new UsageError(`Unexpected ${extra.join(", ")} after \`onestep ${command}\`.`, command);
  }
  return new ParsedArguments(positionals, values);
}

/** A token of `parseArgs`. `index` is that of its word. */
export type Token =
  | {
      readonly kind: "option";
      readonly index: number;
      readonly name: string;
      readonly rawName: string;
      readonly value?: string | undefined;
      readonly inlineValue?: boolean | undefined;
    }
  | { readonly kind: "positional"; readonly index: number; readonly value: string }
  | { readonly kind: "option-terminator"; readonly index: number };

/**
 * Splits words into options and arguments. Not in the strict mode of `parseArgs`, which makes no suggestions and rejects
 * the value in `--seed -1`.
 */
export function tokenize(words: readonly string[], options: readonly OptionDefinition[]): readonly Token[] {
  const definitions = options.map(({ name, short, value }) => [
    name,
    { type: value === undefined ? "boolean" : "string", ...(short === undefined ? {} : { short }) } as const,
  ]);
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(definitions),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

function checkValue(
  option: OptionDefinition,
  token: {
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
  },
  command: string,
): readonly string[] {
  const { value, inlineValue, rawName } = token;
  if (option.value === undefined) {
    if (value === undefined) return [];
    throw new UsageError(`--${option.name} takes no value, and was given ${JSON.stringify(value)}.`, command);
  }
  const isMissing = value === undefined || (value === "" && option.allowsEmpty !== true);
  if (isMissing || (inlineValue !== true && value.startsWith("--"))) {
    throw new UsageError(`${rawName} needs a value: --${option.name} <${option.value}>.`, command);
  }
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw invalidChoice(`--${option.name}`, value, option.choices, command);
  }
  return [value];
}

/** The error for a value that is not one of a few names, with a suggestion. */
export function invalidChoice(
  subject: string,
  value: string,
  choices: readonly string[],
  command?: string,
): UsageError {
  const list = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  const nearest = nearestName(value.toLowerCase(), choices);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  const message = `${subject}: found ${JSON.stringify(value)}, expected ${list}.${hint}`;
  return new UsageError(message, command, "invalid-argument");
}

/** Flags of this command line by the names that other programs and the JavaScript API use. */
const otherNames: Readonly<Record<string, string>> = {
  cfg: "guidance-scale",
  class: "class-label",
  count: "batch-size",
  guidance: "guidance-scale",
  "inference-steps": "steps",
  "mask-image": "mask",
  negative: "negative-prompt",
  "num-images": "batch-size",
  "num-images-per-prompt": "batch-size",
  "num-inference-steps": "steps",
  output: "out",
  sampler: "scheduler",
};

/** An option that a command does not have. */
export interface UnknownOption {
  /** The command; `undefined` if none is named yet. */
  readonly command: string | undefined;
  readonly known: Iterable<string>;
  /** Other commands that have it. */
  readonly others?: readonly string[];
}

/** The error for an unknown option, with a suggestion. */
export function unknownOption(rawName: string, { command, known, others = [] }: UnknownOption): UsageError {
  const names = [...known];
  const name = rawName
    .replace(/^-+/, "")
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll("_", "-");
  const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;
  const nearest = other !== undefined && names.includes(other) ? other : nearestName(name, names);
  const program = command === undefined ? "`onestep`" : `\`onestep ${command}\``;
  const elsewhere = others.slice(0, 3).map((one) => `\`onestep ${one}\``);
  const hint =
    nearest !== undefined
      ? ` Did you mean --${nearest}?`
      : elsewhere.length > 0
        ? ` It is an option of ${elsewhere.join(", ")}${others.length > 3 ? " and others" : ""}.`
        : "";
  return new UsageError(`${program} has no option ${rawName}.${hint}`, command);
}
