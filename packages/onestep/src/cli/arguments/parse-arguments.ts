import { parseArgs } from "node:util";
import { nearestName } from "@onestep/core/internal/nearest-name";

/** The command line is invalid: an unknown command or option, or a missing or invalid value. */
export class UsageError extends Error {
  /** The intended command, if known: `cache list`. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = "UsageError";
    this.command = command;
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
}

/**
 * Checks the arguments after the command. Values are not validated.
 *
 * @throws UsageError if an option is unknown, lacks its value, has an unexpected value, or is repeated when it must not
 *   be; or if there are too many arguments.
 */
export function parseArguments(
  words: readonly string[],
  { name: command, options, maximumPositionals }: ArgumentDefinitions,
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
    if (option === undefined) throw unknownOption(token.rawName, command, byName);
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

/** A token of `parseArgs`, without its position. */
type Token =
  | {
      readonly kind: "option";
      readonly name: string;
      readonly rawName: string;
      readonly value?: string | undefined;
      readonly inlineValue?: boolean | undefined;
    }
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option-terminator" };

/** Not in strict mode, which makes no suggestions and rejects the value in `--seed -1`. */
function tokenize(words: readonly string[], options: readonly OptionDefinition[]): readonly Token[] {
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
  return [value];
}

function unknownOption(
  rawName: string,
  command: string,
  known: ReadonlyMap<string, OptionDefinition>,
): UsageError {
  const nearest = nearestName(rawName.replace(/^-+/, ""), known.keys());
  const hint = nearest === undefined ? "" : ` Did you mean --${nearest}?`;
  return new UsageError(`\`onestep ${command}\` has no option ${rawName}.${hint}`, command);
}
