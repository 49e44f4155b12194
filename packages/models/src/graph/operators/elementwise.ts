import { type GraphElementType, onnxDataType } from "../element-type.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import { type Dimension, describeShape, type GraphValue } from "../graph-value.ts";
import { requireOneType } from "./require-one-type.ts";

/** Elementwise sum, with broadcasting. */
export function add(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  return broadcast(builder, "Add", left, right);
}

/** Elementwise product, with broadcasting. */
export function multiply(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  return broadcast(builder, "Mul", left, right);
}

/** Elementwise quotient, with broadcasting. */
export function divide(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  return broadcast(builder, "Div", left, right);
}

/** Elementwise difference, with broadcasting. */
export function subtract(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  return broadcast(builder, "Sub", left, right);
}

/** Elementwise maximum, with broadcasting. */
export function maximum(builder: GraphBuilder, left: GraphValue, right: GraphValue): GraphValue {
  return broadcast(builder, "Max", left, right);
}

/** Square root of each element. */
export function squareRoot(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Sqrt", [value], {}, value);
}

/** Natural logarithm of each element. */
export function logarithm(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Log", [value], {}, value);
}

/** Sine of each element, in radians. */
export function sine(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Sin", [value], {}, value);
}

/** Cosine of each element, in radians. */
export function cosine(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Cos", [value], {}, value);
}

/** Softmax along one axis. */
export function softmax(builder: GraphBuilder, value: GraphValue, axis: number): GraphValue {
  return builder.node("Softmax", [value], { integers: { axis } }, value);
}

/** The value in another element type; itself where it has that type. onnxruntime casts weights once, while loading. */
export function castTo(builder: GraphBuilder, value: GraphValue, elementType: GraphElementType): GraphValue {
  if (value.elementType === elementType) return value;
  const { shape } = value;
  return builder.node(
    "Cast",
    [value],
    { integers: { to: onnxDataType[elementType] } },
    { elementType, shape },
  );
}

/** A number in the element type of `value`, to compute with it: [1]. */
export function numberLike(builder: GraphBuilder, value: GraphValue, number: number): GraphValue {
  return castTo(builder, builder.floats([number]), value.elementType);
}

function broadcast(builder: GraphBuilder, operator: string, left: GraphValue, right: GraphValue): GraphValue {
  requireOneType(operator, [left, right]);
  const rank = Math.max(left.shape.length, right.shape.length);
  const shape: Dimension[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const leftDimension = left.shape[axis - rank + left.shape.length] ?? 1;
    const rightDimension = right.shape[axis - rank + right.shape.length] ?? 1;
    if (leftDimension !== rightDimension && leftDimension !== 1 && rightDimension !== 1) {
      throw new GraphError({
        subject: operator,
        found: `${describeShape(left.shape)} and ${describeShape(right.shape)}`,
        expected: "shapes that broadcast to each other",
        remedy: "The configuration of the model contradicts itself.",
      });
    }
    shape.push(leftDimension === 1 ? rightDimension : leftDimension);
  }
  return builder.node(operator, [left, right], {}, { elementType: left.elementType, shape });
}
