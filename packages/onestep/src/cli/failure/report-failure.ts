import type { OutputStream } from "../output/output-stream.ts";
import { printable } from "../output/printable.ts";
import { alarm } from "../output/text-style.ts";
import type { Failure } from "./failure.ts";

/** How {@link reportFailure} tells of a failure. */
export interface ReportFailureOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly json: boolean;
  readonly color: boolean;
  /** The error, to show where it came from. */
  readonly debug?: unknown;
}

/**
 * Tells of a failure: a message on stderr; with `json` a document on stdout, where a program finds the result
 * otherwise (on stderr, warnings of native code could stand between).
 */
export function reportFailure(failure: Failure, options: ReportFailureOptions): void {
  const { stdout, stderr, json, color, debug } = options;
  const { code, message, problem } = failure;
  if (json) {
    const document = { error: { code, message, problem: problem ?? null } };
    stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    stderr.write(`${alarm("error:", color)} ${printable(message)}\n`);
  }
  if (debug !== undefined) stderr.write(`${printable(describeTrace(debug))}\n`);
}

/** The stack of an error and of the errors that led to it. */
function describeTrace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = error.stack ?? error.message;
  return error.cause === undefined ? trace : `${trace}\nCaused by ${describeTrace(error.cause)}`;
}
