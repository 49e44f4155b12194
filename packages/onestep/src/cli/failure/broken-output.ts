import { exitCodes } from "../exit-codes.ts";
import { type CommandLineSystem, type OpenedStream, stdoutWriteError } from "../system.ts";
import { describeFailure, reportFailure } from "./failure.ts";

/**
 * Reports that the standard output could not be written: a full disk, a device that takes nothing.
 *
 * @returns The exit code; `undefined` if everything was written, or nobody reads it.
 */
export async function reportBrokenOutput(
  stdout: OpenedStream,
  { stderr }: Pick<CommandLineSystem, "stderr">,
): Promise<typeof exitCodes.notWritten | undefined> {
  await stdout.flush();
  if (stdout.failure === undefined) return undefined;
  const failure = await describeFailure(await stdoutWriteError(stdout.failure));
  reportFailure(failure, { stdout, stderr, json: false, color: false });
  return exitCodes.notWritten;
}
