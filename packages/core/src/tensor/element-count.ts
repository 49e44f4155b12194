import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";

/**
 * The number of elements of a shape; 1 for the empty shape.
 *
 * @throws InvalidArgumentError where the shape is no list, a dimension is not a whole number ≥ 0, or the product is above 2^53 − 1.
 */
export function elementCount(shape: readonly number[]): number {
  if (!Array.isArray(shape)) {
    throw new InvalidArgumentError({
      subject: "shape",
      found: typeof shape === "number" ? `the number ${shape}` : describeValue(shape),
      expected: "a list of dimensions",
      remedy: "Pass a list, for example [3] for three elements.",
    });
  }
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new InvalidArgumentError({
        subject: "shape",
        found: describeValue(shape),
        expected: "whole numbers, each at least 0",
        remedy: "Pass the length of each dimension.",
      });
    }
    count *= dimension;
  }
  if (!Number.isSafeInteger(count)) {
    throw new InvalidArgumentError({
      subject: "shape",
      found: `${describeValue(shape)}, ${count} elements`,
      expected: "at most 2^53 - 1 elements",
      remedy: "Pass a smaller shape.",
    });
  }
  return count;
}
