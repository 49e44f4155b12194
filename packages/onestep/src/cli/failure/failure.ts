import type { Problem } from "@onestep/core";
import { UsageError } from "../arguments/parse-arguments.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { InterruptedError } from "../interrupt.ts";
import { colorLabel } from "../output/terminal.ts";
import { printable } from "../output/text.ts";
import type { OutputStream } from "../system.ts";

/** The description of an error. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** The cause in kebab case: that of the error, or `usage`, `interrupted`, `unexpected`. */
  readonly code: string;
  readonly message: string;
  /** The parts of the message, if the error was created from them. */
  readonly problem: Problem | undefined;
}

/** Describes an error, with its exit code. */
export async function describeFailure(error: unknown): Promise<Failure> {
  if (error instanceof UsageError) {
    const help = error.command === undefined ? "onestep --help" : `onestep ${error.command} --help`;
    return {
      exitCode: error.code === "usage" ? exitCodes.usage : exitCodes.invalidInput,
      code: error.code,
      message: `${error.message} Run \`${help}\` for how to use it.`,
      problem: undefined,
    };
  }
  if (error instanceof InterruptedError) {
    const { exitCode, message } = error;
    return { exitCode, code: "interrupted", message, problem: undefined };
  }
  // Imported lazily: the packages that define the errors are not needed unless one occurs.
  const [{ OnestepError }, { formatProblem }, { exitCodeOfError }, { inFlags, replaceOptions }] =
    await Promise.all([
      import("@onestep/core"),
      import("@onestep/core/internal"),
      import("./package-errors.ts"),
      import("./terminal-words.ts"),
    ]);
  if (OnestepError.isInstance(error)) {
    const { code } = error;
    const problem = error.problem && inFlags(error.problem);
    const message = problem === undefined ? replaceOptions(error.message) : formatProblem(problem);
    return { exitCode: exitCodeOfError(error), code, message, problem };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    exitCode: exitCodes.unexpected,
    code: "unexpected",
    message: `Unexpected ${message.replace(/\.$/, "")}. Run it again with --debug to see where it came from.`,
    problem: undefined,
  };
}

/** Options of {@link reportFailure}. */
export interface ReportFailureOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly json: boolean;
  readonly color: boolean;
  /** The error, to show its stack. */
  readonly debug?: unknown;
}

/**
 * Reports a failure: a message on stderr; with `json`, a document on stdout, in place of the result (on stderr,
 * warnings from native code could get mixed in).
 */
export function reportFailure(failure: Failure, options: ReportFailureOptions): void {
  const { stdout, stderr, json, color, debug } = options;
  const { code, message, problem } = failure;
  if (json) {
    const document = { error: { code, message, problem: problem === undefined ? null : partsOf(problem) } };
    stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    stderr.write(`${colorLabel("error:", color)} ${printable(message)}\n`);
  }
  if (debug !== undefined) stderr.write(`${printable(describeTrace(debug))}\n`);
}

/** A problem without its summary, which is in the message. */
function partsOf({ subject, found, expected, remedy }: Problem): Problem {
  return { subject, found, expected, remedy };
}

/** The stack of an error and its causes. */
function describeTrace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = error.stack ?? error.message;
  return error.cause === undefined ? trace : `${trace}\nCaused by ${describeTrace(error.cause)}`;
}
