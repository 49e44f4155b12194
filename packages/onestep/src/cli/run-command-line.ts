import { type ParsedArguments, parseArguments, UsageError } from "./arguments/parse-arguments.ts";
import { type Command, commonOptions } from "./command.ts";
import { commands, commandTable, resolveRequest } from "./commands.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { describeFailure, reportFailure } from "./failure/failure.ts";
import { formatCommandHelp, formatGroupHelp, formatOverview } from "./help.ts";
import { colorHeadings, hasColor, terminalColumns } from "./output/terminal.ts";
import { BrokenPipeError, type CommandLineSystem } from "./system.ts";
import { readVersion } from "./version.ts";

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
    if (thrown instanceof BrokenPipeError) return exitCodes.notWritten;
    const error: unknown = signal.aborted ? signal.reason : thrown;
    const failure = await describeFailure(error);
    const { stdout, stderr, environment } = system;
    reportFailure(failure, {
      stdout,
      stderr,
      json: words.includes("--json"),
      color: hasColor(stderr, environment, words),
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
  const request = resolveRequest(words, commandTable);
  const layout = { columns: terminalColumns(system.stdout) };
  const write = (text: string): unknown =>
    system.stdout.write(colorHeadings(text, hasColor(system.stdout, system.environment, words)));
  switch (request.kind) {
    case "overview":
      write(formatOverview(commandTable, layout));
      return;
    case "version":
      write(`${readVersion()}\n`);
      return;
    case "group-help":
      write(formatGroupHelp(request.group, commands, layout));
      return;
    case "help":
      write(formatCommandHelp(request.command, layout));
      return;
    case "run":
      return runCommand(request.command, parseRest(request.command, request.rest), system, signal);
  }
}

function parseRest(command: Command, rest: readonly string[]): ParsedArguments {
  const { name, options, positionals = [] } = command;
  return parseArguments(rest, {
    name,
    options: [...options, ...commonOptions],
    maximumPositionals:
      positionals.at(-1)?.repeatable === true ? Number.POSITIVE_INFINITY : positionals.length,
    commandsWith: (option) =>
      commands.filter((one) => one.options.some((own) => own.name === option)).map((one) => one.name),
  });
}

async function runCommand(
  command: Command,
  parsed: ParsedArguments,
  system: CommandLineSystem,
  signal: AbortSignal,
): Promise<void> {
  const { stdout, stderr } = system;
  // Imported lazily: help and usage errors need none of them.
  const [{ setWarningHandler }, { Output }, { replaceOptions }] = await Promise.all([
    import("@onestep/core"),
    import("./output/output.ts"),
    import("./failure/terminal-words.ts"),
  ]);
  const output = new Output({
    ...{ stdout, stderr, environment: system.environment },
    ...{ json: parsed.has("json"), quiet: parsed.has("quiet"), hasColor: !parsed.has("no-color") },
  });
  // Warnings go through the output, so that they do not break into the progress bar.
  const previous = setWarningHandler(({ message }) => output.warn(replaceOptions(message)));
  const { stopNote = "Finishing this step…" } = command;
  const onAbort = (): void => output.note(`${stopNote} press Ctrl-C again to quit now.`);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await command.run({ name: command.name, table: commandTable, arguments: parsed, output, system, signal });
  } catch (error) {
    // Errors about values do not know their command.
    throw error instanceof UsageError ? new UsageError(error.message, command.name, error.code) : error;
  } finally {
    setWarningHandler(previous);
    signal.removeEventListener("abort", onAbort);
    output.progress.clear();
  }
}
