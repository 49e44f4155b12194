import { InvalidArgumentError } from "@onestep/core";

/**
 * The number of steps that a run was begun with.
 *
 * @param subject - The method, for the message.
 * @throws InvalidArgumentError where none was begun.
 */
export function requireRun(subject: string, numInferenceSteps: number | undefined): number {
  if (numInferenceSteps !== undefined) return numInferenceSteps;
  throw new InvalidArgumentError({
    subject,
    found: "no run",
    expected: "a run that `setTimesteps` began",
    remedy: "Call `scheduler.setTimesteps({ numInferenceSteps })` first.",
  });
}
