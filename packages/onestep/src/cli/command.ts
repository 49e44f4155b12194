import type { OptionDefinition, ParsedArguments } from "./arguments/parse-arguments.ts";
import type { Output } from "./output/output.ts";
import type { CommandLineSystem } from "./system.ts";

/** An argument that is no option. */
export interface PositionalDefinition {
  /** As the help text shows it: `model`. */
  readonly name: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** Whether it has to be given. */
  readonly required?: boolean;
  readonly description: string;
}

/** What a command works with. */
export interface Invocation {
  readonly arguments: ParsedArguments;
  readonly output: Output;
  readonly system: CommandLineSystem;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A command of the command line. Its module is small; what does the work is imported by `run`. */
export interface Command {
  /** One word or two: `cache list`. */
  readonly name: string;
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  /** More about it, one string a paragraph. */
  readonly description: readonly string[];
  readonly positional?: PositionalDefinition;
  /** Its own options; those that all commands share come on top. */
  readonly options: readonly OptionDefinition[];
  /** Command lines to learn from, without `onestep`. */
  readonly examples: readonly string[];
  run(invocation: Invocation): Promise<void>;
}

/** Options of every command. */
export const commonOptions: readonly OptionDefinition[] = [
  { name: "json", description: "Write the result, or the error, as one JSON document to stdout" },
  {
    name: "quiet",
    short: "q",
    description: "Write no progress and no notes; warnings and errors are written",
  },
  { name: "debug", description: "Show where in the code an error came from" },
  { name: "help", short: "h", description: "Show this text" },
];
