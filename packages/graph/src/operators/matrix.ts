import { createValue, type Value } from "../graph.ts";
import { mismatch, requireOneDType, weightMismatch } from "./checks.ts";

/** `x · weightᵀ + bias`, as `torch.nn.Linear`: x [..., in], weight [out, in], bias [out] or none. */
export function linear(value: Value, weight: Value, bias?: Value): Value {
  const leading = value.shape.slice(0, -1);
  const width = value.shape.at(-1);
  const [outWidth, inWidth] = weight.shape;
  const fits = weight.shape.length === 2 && leading.length > 0 && width === inWidth;
  if (!fits || outWidth === undefined || width === undefined) {
    throw weightMismatch("linear", weight, value, ["out", width ?? "in"]);
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outWidth)) {
    throw mismatch("linear", [weight, bias], `a bias of [${outWidth}]`);
  }
  const dtype = requireOneDType("linear", [value, weight, bias]);
  return createValue("linear", [value, weight, bias], {}, { dtype, shape: [...leading, outWidth] });
}

/** Matrix product over the last two dimensions; the leading ones must agree. */
export function matmul(left: Value, right: Value): Value {
  const leading = left.shape.slice(0, -2);
  const [rows, inner] = left.shape.slice(-2);
  const [rightInner, columns] = right.shape.slice(-2);
  const leadingAgree =
    left.shape.length === right.shape.length &&
    leading.every((dimension, axis) => dimension === right.shape[axis]);
  if (!leadingAgree || rows === undefined || columns === undefined || inner !== rightInner) {
    throw mismatch("matmul", [left, right], "matrices whose inner dimensions agree");
  }
  const dtype = requireOneDType("matmul", [left, right]);
  return createValue("matmul", [left, right], {}, { dtype, shape: [...leading, rows, columns] });
}

/**
 * Looks up rows of `table` ([rows, width]), as `torch.nn.Embedding`: int64 `indices` of any shape give
 * [...indices, width].
 */
export function embedding(table: Value, indices: Value): Value {
  if (table.shape.length < 1 || (indices.dtype !== "int64" && indices.dtype !== "int32")) {
    throw mismatch("embedding", [table, indices], "a table, and int64 numbers of its rows");
  }
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return createValue("embedding", [table, indices], {}, { dtype: table.dtype, shape });
}
