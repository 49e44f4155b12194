import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/**
 * A timestep that the model was trained with.
 *
 * @param subject - The method, for the message.
 * @param trainCount - How many of them there are.
 * @throws InvalidArgumentError where it is not a whole number from 0 up to but not including `trainCount`.
 */
export function requireTrainTimestep(subject: string, timestep: unknown, trainCount: number): number {
  const isTimestep = Number.isInteger(timestep) && (timestep as number) >= 0;
  if (isTimestep && (timestep as number) < trainCount) return timestep as number;
  throw new InvalidArgumentError({
    subject: `${subject}: timestep`,
    found: describeValue(timestep),
    expected: `a whole number from 0 to ${trainCount - 1}`,
    remedy: "Pass a value of `scheduler.timesteps`.",
  });
}
