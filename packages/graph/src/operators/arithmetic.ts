import { createValue, type Value, type ValueDType } from "../graph.ts";
import type { Dimension } from "../shape.ts";
import { mismatch, requireOneDType } from "./checks.ts";

/** Elementwise sum, with broadcasting. */
export function add(left: Value, right: Value): Value {
  return broadcast("add", left, right);
}

/** Elementwise difference, with broadcasting. */
export function sub(left: Value, right: Value): Value {
  return broadcast("sub", left, right);
}

/** Elementwise product, with broadcasting. */
export function mul(left: Value, right: Value): Value {
  return broadcast("mul", left, right);
}

/** Elementwise quotient, with broadcasting. */
export function div(left: Value, right: Value): Value {
  return broadcast("div", left, right);
}

/** Natural logarithm of each element. */
export function log(value: Value): Value {
  return createValue("log", [value], {}, value);
}

/** Sine of each element, in radians. */
export function sin(value: Value): Value {
  return createValue("sin", [value], {}, value);
}

/** Cosine of each element, in radians. */
export function cos(value: Value): Value {
  return createValue("cos", [value], {}, value);
}

/** Casts a value to another format; returns it unchanged if it already has that format. */
export function cast(value: Value, dtype: ValueDType): Value {
  return value.dtype === dtype ? value : createValue("cast", [value], {}, { dtype, shape: value.shape });
}

/** A small array of numbers, stored in the graph. A shape of `[]` is a scalar. */
export function constant(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: "float32" | "int64" = "float32",
): Value {
  return createValue("constant", [], { values }, { dtype, shape });
}

/** A constant, [1], in the format of `value`. */
export function scalarLike(value: Value, number: number): Value {
  return cast(constant([number]), value.dtype);
}

function broadcast(operator: "add" | "sub" | "mul" | "div", left: Value, right: Value): Value {
  const dtype = requireOneDType(operator, [left, right]);
  const rank = Math.max(left.shape.length, right.shape.length);
  const shape = Array.from({ length: rank }, (_, axis): Dimension => {
    const leftDimension = left.shape[axis - rank + left.shape.length] ?? 1;
    const rightDimension = right.shape[axis - rank + right.shape.length] ?? 1;
    if (leftDimension !== rightDimension && leftDimension !== 1 && rightDimension !== 1) {
      throw mismatch(operator, [left, right], "shapes that broadcast to each other");
    }
    return leftDimension === 1 ? rightDimension : leftDimension;
  });
  return createValue(operator, [left, right], {}, { dtype, shape });
}
