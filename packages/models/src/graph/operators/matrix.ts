import type { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import { describeShape, type GraphValue } from "../graph-value.ts";
import { requireOneType } from "./require-one-type.ts";

/** `x · weightᵀ + bias`, as `torch.nn.Linear`: x [batch, in], weight [out, in], bias [out]. */
export function linear(
  builder: GraphBuilder,
  value: GraphValue,
  weight: GraphValue,
  bias: GraphValue,
): GraphValue {
  const [batch, width] = value.shape;
  const [outWidth, inWidth] = weight.shape;
  if (value.shape.length !== 2 || batch === undefined || outWidth === undefined || width !== inWidth) {
    throw productMismatch("Linear", value, weight);
  }
  requireOneType("Linear", [value, weight, bias]);
  return builder.node(
    "Gemm",
    [value, weight, bias],
    { integers: { transB: 1 } },
    { elementType: value.elementType, shape: [batch, outWidth] },
  );
}

/** Matrix product over the last two dimensions; the leading ones must agree. */
export function matrixProduct(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  const leading = left.shape.slice(0, -2);
  const [rows, inner] = left.shape.slice(-2);
  const [rightInner, columns] = right.shape.slice(-2);
  const leadingAgree =
    left.shape.length === right.shape.length &&
    leading.every((dimension, axis) => dimension === right.shape[axis]);
  if (!leadingAgree || rows === undefined || columns === undefined || inner !== rightInner) {
    throw productMismatch("MatMul", left, right);
  }
  requireOneType("MatMul", [left, right]);
  return builder.node(
    "MatMul",
    [left, right],
    {},
    { elementType: left.elementType, shape: [...leading, rows, columns] },
  );
}

function productMismatch(operator: string, left: GraphValue, right: GraphValue): GraphError {
  return new GraphError({
    subject: operator,
    found: `${describeShape(left.shape)} and ${describeShape(right.shape)}`,
    expected: "matrices whose inner dimensions agree",
    remedy: "The configuration of the model contradicts itself.",
  });
}
