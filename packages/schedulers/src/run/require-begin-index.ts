import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/**
 * Checks the index that a run is to begin with.
 *
 * @param className - The scheduler, for the message.
 * @param count - How many timesteps the run has.
 * @throws InvalidArgumentError where it is not an index into the timesteps.
 */
export function requireBeginIndex(className: string, beginIndex: number, count: number): void {
  if (Number.isInteger(beginIndex) && beginIndex >= 0 && beginIndex < count) return;
  throw new InvalidArgumentError({
    subject: `${className}.setBeginIndex`,
    found: describeValue(beginIndex),
    expected: `an index into the ${count} timesteps`,
    remedy: "Call it after `setTimesteps`, with the index of the step to begin with.",
  });
}
