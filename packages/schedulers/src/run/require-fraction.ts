import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/**
 * A number from 0 to 1 that a caller passed.
 *
 * @param subject - The option, for the message.
 * @throws InvalidArgumentError where it is something else.
 */
export function requireFraction(subject: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(value),
    expected: "a number from 0 to 1",
    remedy: "Leave it out for its default.",
  });
}
