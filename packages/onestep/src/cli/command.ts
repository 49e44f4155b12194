import type { OptionDefinition, ParsedArguments } from "./arguments/parse-arguments.ts";
import type { Output } from "./output/output.ts";
import type { CommandLineSystem } from "./system.ts";

/** A positional argument. */
export interface PositionalDefinition {
  /** Its name in the help text: `model`. */
  readonly name: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** Whether it is required. */
  readonly required?: boolean;
  /** What it names, for shell completion. */
  readonly completes?: "file" | "folder" | readonly string[];
  readonly description: string;
}

/** The context of a command. */
export interface Invocation {
  /** The name of the command: `edit inpaint`. */
  readonly name: string;
  readonly arguments: ParsedArguments;
  /** All commands, for completion scripts. */
  readonly table: CommandTable;
  readonly output: Output;
  readonly system: CommandLineSystem;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A CLI command. Its module is small; `run` imports the implementation. */
export interface Command {
  /** One word or two: `cache list`. */
  readonly name: string;
  /** A one-line description without a full stop. */
  readonly summary: string;
  /** Details, one string per paragraph. */
  readonly description: readonly string[];
  /** Its arguments, in order. Only the last one may be repeatable. */
  readonly positionals?: readonly PositionalDefinition[];
  /** Its own options, in addition to those shared by all commands. */
  readonly options: readonly OptionDefinition[];
  /** Example command lines, without `onestep`. */
  readonly examples: readonly string[];
  /** What is said when Ctrl-C or SIGTERM stops it; by default that the current step is finished. */
  readonly stopNote?: string;
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
  { name: "no-color", description: "Write without colours" },
  { name: "debug", description: "Show where in the code an error came from" },
  { name: "help", short: "h", description: "Show this text" },
];

/** A word that several commands start with: `cache`. */
export interface CommandGroup {
  readonly name: string;
  /** A one-line description without a full stop. */
  readonly summary: string;
}

/** The commands, and the groups that they are in. */
export interface CommandTable {
  readonly commands: readonly Command[];
  readonly groups: readonly CommandGroup[];
}

/** Options of the command line without a command. */
export const programOptions: readonly OptionDefinition[] = [
  { name: "version", short: "v", description: "Show the version" },
];
