import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/** What the numbers of a list have to be. */
export interface SequenceRule {
  /** The rule in words: `noise levels above 0, each once, the highest first`. */
  readonly expected: string;
  /** Whether a number may stand in the list after `previous`, which is `undefined` for the first. */
  readonly accepts: (value: number, previous: number | undefined) => boolean;
}

/**
 * A copy of a list of numbers that a caller passed.
 *
 * @param subject - The option, for the message.
 * @throws InvalidArgumentError where it is not a list, is empty, or breaks the rule.
 */
export function requireSequence(
  subject: string,
  values: readonly number[],
  rule: SequenceRule,
): Float64Array {
  const isList = Array.isArray(values) || ArrayBuffer.isView(values);
  const wrong = isList ? values.findIndex((value, index) => !isAccepted(value, values[index - 1], rule)) : -1;
  if (!isList || values.length === 0 || wrong !== -1) {
    const listed = wrong === -1 ? "an empty list" : `${describeValue(values[wrong])} at index ${wrong}`;
    throw new InvalidArgumentError({
      subject,
      found: isList ? listed : describeValue(values),
      expected: rule.expected,
      remedy: "Pass a list that keeps to it.",
    });
  }
  return Float64Array.from(values);
}

function isAccepted(value: unknown, previous: number | undefined, rule: SequenceRule): boolean {
  return typeof value === "number" && rule.accepts(value, previous);
}
