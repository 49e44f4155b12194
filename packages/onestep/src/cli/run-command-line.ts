import { readFileSync } from "node:fs";
import { type ParsedArguments, parseArguments, UsageError } from "./arguments/parse-arguments.ts";
import { type Command, commonOptions } from "./command.ts";
import { commands, resolveCommand } from "./commands.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { describeFailure, reportFailure, usesColor } from "./failure/failure.ts";
import { formatCommandHelp, formatOverview } from "./help.ts";
import type { CommandLineSystem } from "./system.ts";

/**
 * Runs one command line and returns its exit code. Never rejects: every error is printed and becomes an exit code.
 *
 * @param words - The arguments after `onestep`.
 * @param signal - An abort ends the command; its reason is the error that is printed.
 */
export async function runCommandLine(
  words: readonly string[],
  system: CommandLineSystem,
  signal: AbortSignal,
): Promise<ExitCode> {
  try {
    await dispatch(words, system, signal);
    return exitCodes.ok;
  } catch (thrown) {
    const error: unknown = signal.aborted ? signal.reason : thrown;
    const failure = await describeFailure(error);
    const { stdout, stderr, environment } = system;
    reportFailure(failure, {
      stdout,
      stderr,
      json: words.includes("--json"),
      color: usesColor(stderr, environment),
      ...(words.includes("--debug") ? { debug: thrown } : {}),
    });
    return failure.exitCode;
  }
}

async function dispatch(
  words: readonly string[],
  system: CommandLineSystem,
  signal: AbortSignal,
): Promise<void> {
  const [first] = words;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    const topic = first === "help" ? words.slice(1).filter((word) => !word.startsWith("-")) : [];
    system.stdout.write(
      topic.length === 0
        ? formatOverview(commands)
        : formatCommandHelp(resolveCommand(topic, commands).command),
    );
    return;
  }
  if (first === "--version" || first === "-v") {
    system.stdout.write(`${readVersion()}\n`);
    return;
  }
  const { command, rest } = resolveCommand(words, commands);
  const parsed = parseArguments(rest, {
    name: command.name,
    options: [...command.options, ...commonOptions],
    maximumPositionals: command.positional === undefined ? 0 : maximumOf(command.positional),
  });
  if (parsed.has("help")) system.stdout.write(formatCommandHelp(command));
  else await runCommand(command, parsed, system, signal);
}

function maximumOf({ repeatable }: { readonly repeatable?: boolean }): number {
  return repeatable === true ? Number.POSITIVE_INFINITY : 1;
}

async function runCommand(
  command: Command,
  parsed: ParsedArguments,
  system: CommandLineSystem,
  signal: AbortSignal,
): Promise<void> {
  const { stdout, stderr } = system;
  // Imported lazily: help and usage errors need none of them.
  const [{ setWarningHandler }, { Output }] = await Promise.all([
    import("@onestep/core"),
    import("./output/output.ts"),
  ]);
  const output = new Output({ stdout, stderr, json: parsed.has("json"), quiet: parsed.has("quiet") });
  // Warnings go through the output, so that they do not break into the progress bar.
  const previous = setWarningHandler(({ message }) => output.warn(message));
  const onAbort = (): void => output.note("Finishing this step… press Ctrl-C again to quit now.");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await command.run({ arguments: parsed, output, system, signal });
  } catch (error) {
    // Errors about values do not know their command.
    throw error instanceof UsageError ? new UsageError(error.message, command.name) : error;
  } finally {
    setWarningHandler(previous);
    signal.removeEventListener("abort", onAbort);
    output.progress.clear();
  }
}

/** The version of this package. */
export function readVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return JSON.parse(manifest).version;
}
