import { createNode, createValue, type Value } from "../graph.ts";
import { type Dimension, describeShape, product, quotient } from "../shape.ts";
import { mismatch, requireOneDType } from "./checks.ts";

/** Reshapes a value. */
export function reshape(value: Value, shape: readonly Dimension[]): Value {
  if (product(value.shape) !== product(shape)) {
    throw mismatch("reshape", [value], `as many elements as ${describeShape(shape)}`);
  }
  return createValue("reshape", [value], {}, { dtype: value.dtype, shape });
}

/** Permutes the dimensions. */
export function permute(value: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => value.shape[axis]).filter((dimension) => dimension !== undefined);
  if (shape.length !== value.shape.length || new Set(order).size !== order.length) {
    throw mismatch("permute", [value], `an order of all dimensions, not [${order.join(", ")}]`);
  }
  return createValue("permute", [value], { order }, { dtype: value.dtype, shape });
}

/** Concatenates values along one axis. */
export function concat(values: readonly [Value, ...Value[]], axis: number): Value {
  const [first] = values;
  const dtype = requireOneDType("concat", values);
  let length = 0;
  for (const value of values) {
    const fits =
      value.shape.length === first.shape.length &&
      value.shape.every((dimension, index) => index === axis || dimension === first.shape[index]);
    const dimension = value.shape[axis];
    if (!fits || typeof dimension !== "number") {
      throw mismatch("concat", values, `shapes that differ at dimension ${axis} alone`);
    }
    length += dimension;
  }
  const shape = first.shape.map((dimension, index) => (index === axis ? length : dimension));
  return createValue("concat", values, { axis }, { dtype, shape });
}

/** Elements `start` to `end` (exclusive) along one axis. */
export function slice(value: Value, axis: number, start: number, end: number): Value {
  const dimension = value.shape[axis];
  if (typeof dimension !== "number" || start < 0 || end > dimension || start >= end) {
    throw mismatch("slice", [value], `at least ${end} elements in dimension ${axis}`);
  }
  const shape = value.shape.map((length, index) => (index === axis ? end - start : length));
  return createValue("slice", [value], { axis, start, end }, { dtype: value.dtype, shape });
}

/** Splits a value into `count` equal parts along one axis, as `torch.chunk`. */
export function chunk(value: Value, axis: number, count: number): readonly Value[] {
  const dimension = value.shape[axis];
  if (typeof dimension !== "number" || dimension % count !== 0) {
    throw mismatch("chunk", [value], `a multiple of ${count} elements in dimension ${axis}`);
  }
  const shape = value.shape.map((length, index) => (index === axis ? quotient(length, count) : length));
  const part = { dtype: value.dtype, shape };
  return createNode("chunk", [value], { axis }, new Array<typeof part>(count).fill(part)).outputs;
}

/** Repeats a value along its dimensions of length 1. */
export function expand(value: Value, shape: readonly Dimension[]): Value {
  const fits = value.shape.every((dimension, axis) => dimension === 1 || dimension === shape[axis]);
  if (!fits || value.shape.length !== shape.length) {
    throw mismatch("expand", [value], `${describeShape(shape)}, or 1 in place of a dimension`);
  }
  return createValue("expand", [value], {}, { dtype: value.dtype, shape });
}
