import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/** The most timesteps that a schedule may have; far above any in use, far below what would fill the memory. */
export const maximumTimestepCount = 1_000_000;

/** Whether `value` is a whole number from 1 to {@link maximumTimestepCount}. */
export function isTimestepCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maximumTimestepCount;
}

/**
 * The number of steps that a caller asked for.
 *
 * @param subject - The method, for the message.
 * @param name - The option.
 * @throws InvalidArgumentError where it is not a whole number from 1 to `maximum`.
 */
export function requireTimestepCount(
  subject: string,
  value: unknown,
  maximum: number = maximumTimestepCount,
  name = "numInferenceSteps",
): number {
  if (isTimestepCount(value) && value <= maximum) return value;
  throw new InvalidArgumentError({
    subject: `${subject}: ${name}`,
    found: describeValue(value),
    expected: `a whole number from 1 to ${maximum}`,
    remedy: "Pass the number of steps to take.",
  });
}
