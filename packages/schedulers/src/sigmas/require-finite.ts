import { InvalidArgumentError } from "@onestep/core";

/**
 * Checks a schedule before it is used.
 *
 * @param subject - The scheduler and what the values are, for the message.
 * @throws InvalidArgumentError where a value is NaN or infinite.
 */
export function requireFinite(subject: string, values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (Number.isFinite(value)) continue;
    throw new InvalidArgumentError({
      subject,
      found: `${value} at index ${index}`,
      expected: "numbers that float32 can hold",
      remedy: "Check `sigmaMin`, `sigmaMax` and `rho`, and the timesteps that were asked for.",
    });
  }
}
