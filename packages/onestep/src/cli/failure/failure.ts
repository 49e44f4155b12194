import type { Problem } from "@onestep/core";
import type { ExitCode } from "../exit-codes.ts";

/** What is told of an error. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** The cause in kebab case: that of the error, or `usage`, `interrupted`, `unexpected`. */
  readonly code: string;
  readonly message: string;
  /** The parts of the message, where the error was made of them. */
  readonly problem: Problem | undefined;
}
