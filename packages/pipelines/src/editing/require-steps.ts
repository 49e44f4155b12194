import { describeValue, InvalidArgumentError } from "@onestep/core";

/** @throws InvalidArgumentError where it is not a whole number from 1 to `maximum`. */
export function requireSteps(numInferenceSteps: number, maximum: number): number {
  if (Number.isInteger(numInferenceSteps) && numInferenceSteps >= 1 && numInferenceSteps <= maximum) {
    return numInferenceSteps;
  }
  throw new InvalidArgumentError({
    subject: "numInferenceSteps",
    found: describeValue(numInferenceSteps),
    expected: `a whole number from 1 to ${maximum}`,
    remedy: "The model was trained on no more noise levels.",
  });
}
