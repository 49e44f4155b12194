import type { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import { type Dimension, describeShape, type GraphValue } from "../graph-value.ts";
import { requireOneType } from "./require-one-type.ts";

/**
 * The same elements in another shape. A dimension that only a run knows may stand at the same place in both shapes;
 * the product of the known ones must stay.
 */
export function reshape(builder: GraphBuilder, value: GraphValue, shape: readonly Dimension[]): GraphValue {
  const target = shape.map((dimension, axis) => {
    if (typeof dimension === "number") return dimension;
    if (value.shape[axis] === dimension) return 0;
    throw mismatch("Reshape", value, `${dimension} at dimension ${axis}`);
  });
  if (knownProduct(value.shape) !== knownProduct(shape)) {
    throw mismatch("Reshape", value, `as many elements as ${describeShape(shape)}`);
  }
  return builder.node(
    "Reshape",
    [value, builder.integers(target)],
    {},
    { elementType: value.elementType, shape },
  );
}

/** Dimensions in another order. */
export function transpose(builder: GraphBuilder, value: GraphValue, order: readonly number[]): GraphValue {
  const shape = order.map((axis) => value.shape[axis]).filter((dimension) => dimension !== undefined);
  if (shape.length !== value.shape.length || new Set(order).size !== order.length) {
    throw mismatch("Transpose", value, `an order of all dimensions, not [${order.join(", ")}]`);
  }
  return builder.node(
    "Transpose",
    [value],
    { integers: { perm: order } },
    { elementType: value.elementType, shape },
  );
}

/** Values side by side along one axis. */
export function concatenate(builder: GraphBuilder, values: readonly GraphValue[], axis: number): GraphValue {
  const [first] = values;
  if (first === undefined) throw new GraphError("Concat: found no values, expected at least one. Pass some.");
  requireOneType("Concat", values);
  let length = 0;
  for (const value of values) {
    const fits = value.shape.every((dimension, index) => index === axis || dimension === first.shape[index]);
    const dimension = value.shape[axis];
    if (!fits || typeof dimension !== "number") {
      throw mismatch("Concat", value, `${describeShape(first.shape)} but for dimension ${axis}`);
    }
    length += dimension;
  }
  const shape = first.shape.map((dimension, index) => (index === axis ? length : dimension));
  return builder.node("Concat", values, { integers: { axis } }, { elementType: first.elementType, shape });
}

/** Elements `start` to `end` (exclusive) along one axis. */
export function slice(
  builder: GraphBuilder,
  value: GraphValue,
  axis: number,
  start: number,
  end: number,
): GraphValue {
  const dimension = value.shape[axis];
  if (typeof dimension !== "number" || start < 0 || end > dimension || start >= end) {
    throw mismatch("Slice", value, `at least ${end} elements in dimension ${axis}`);
  }
  const shape = value.shape.map((length, index) => (index === axis ? end - start : length));
  const bounds = [[start], [end], [axis]].map((list) => builder.integers(list));
  return builder.node("Slice", [value, ...bounds], {}, { elementType: value.elementType, shape });
}

/** A constant repeated along the dimensions where it has length 1. */
export function expand(builder: GraphBuilder, value: GraphValue, shape: readonly number[]): GraphValue {
  const fits = value.shape.every((dimension, axis) => dimension === 1 || dimension === shape[axis]);
  if (!fits || value.shape.length !== shape.length) {
    throw mismatch("Expand", value, `${describeShape(shape)}, or 1 in place of a dimension`);
  }
  return builder.node(
    "Expand",
    [value, builder.integers(shape)],
    {},
    { elementType: value.elementType, shape },
  );
}

/** Rows of `table` ([rows, width]) by number: `indices` [batch] gives [batch, width]. */
export function gatherRows(builder: GraphBuilder, table: GraphValue, indices: GraphValue): GraphValue {
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return builder.node(
    "Gather",
    [table, indices],
    { integers: { axis: 0 } },
    { elementType: table.elementType, shape },
  );
}

function knownProduct(shape: readonly Dimension[]): number {
  return shape.reduce<number>(
    (product, dimension) => product * (typeof dimension === "number" ? dimension : 1),
    1,
  );
}

function mismatch(operator: string, value: GraphValue, expected: string): GraphError {
  return new GraphError({
    subject: `${operator} of ${value.name}`,
    found: describeShape(value.shape),
    expected,
    remedy: "The configuration of the model contradicts itself.",
  });
}
