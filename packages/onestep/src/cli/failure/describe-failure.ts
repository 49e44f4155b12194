import { UsageError } from "../arguments/usage-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { InterruptedError } from "../interrupt.ts";
import type { Failure } from "./failure.ts";

/** What to tell of an error, and the exit code that goes with it. */
export async function describeFailure(error: unknown): Promise<Failure> {
  if (error instanceof UsageError) {
    const help = error.command === undefined ? "onestep --help" : `onestep ${error.command} --help`;
    return {
      exitCode: exitCodes.usage,
      code: "usage",
      message: `${error.message} Run \`${help}\` for how to use it.`,
      problem: undefined,
    };
  }
  if (error instanceof InterruptedError) {
    const { exitCode, message } = error;
    return { exitCode, code: "interrupted", message, problem: undefined };
  }
  // Imported here, since the packages whose errors are told apart are not needed where there are none.
  const [{ formatProblem, OnestepError }, { exitCodeOfError }, { inFlags, replaceOptions }] =
    await Promise.all([import("@onestep/core"), import("./exit-code-of-error.ts"), import("./in-flags.ts")]);
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
