import { GraphError } from "../errors.ts";
import { describeValue, nameOf, type Value, type ValueDType } from "../graph.ts";
import { type Dimension, describeShape } from "../shape.ts";

const contradiction = "The configuration of the model contradicts itself.";

/** The error of an operator whose inputs do not fit together. */
export function mismatch(operator: string, values: readonly Value[], expected: string): GraphError {
  const found =
    values.length === 1
      ? describeShape((values[0] as Value).shape)
      : values.map((value) => describeShape(value.shape)).join(" and ");
  const subject = values.length === 1 ? `${operator} of ${nameOf(values[0] as Value)}` : operator;
  return new GraphError({ subject, found, expected, remedy: contradiction });
}

/** The error of an operator whose weight does not fit its input. */
export function weightMismatch(
  operator: string,
  weight: Value,
  input: Value,
  expected: readonly Dimension[],
): GraphError {
  return new GraphError({
    subject: `${operator} with ${describeValue(weight)}`,
    found: `an input of ${describeShape(input.shape)}`,
    expected: `a weight of ${describeShape(expected)} for it`,
    remedy: contradiction,
  });
}

/**
 * Checks that an operator's inputs have the same format.
 *
 * @returns That format.
 * @throws GraphError if they do not.
 */
export function requireOneDType(operator: string, values: readonly (Value | undefined)[]): ValueDType {
  const present = values.filter((value) => value !== undefined);
  const types = new Set(present.map(({ dtype }) => dtype));
  const [dtype, other] = types;
  if (dtype !== undefined && other === undefined) return dtype;
  throw new GraphError({
    subject: `${operator} of ${present.map(nameOf).join(", ")}`,
    found: [...types].join(" and "),
    expected: "one dtype",
    remedy: "Cast one of them where they meet.",
  });
}

/** Batch, channels, height and width of an image-shaped value. @throws GraphError if it has another rank. */
export function imageShape(value: Value): {
  readonly batch: Dimension;
  readonly channels: number;
  readonly height: Dimension;
  readonly width: Dimension;
} {
  const [batch, channels, height, width, ...rest] = value.shape;
  if (
    batch === undefined ||
    typeof channels !== "number" ||
    height === undefined ||
    width === undefined ||
    rest.length > 0
  ) {
    throw mismatch("an image", [value], "[batch, channels, height, width]");
  }
  return { batch, channels, height, width };
}
