import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "./tensor.ts";
import {
  allocateData,
  type DataType,
  type FloatType,
  isDataType,
  sameShape,
  type TensorDataByType,
} from "./tensor-data.ts";

type Floats = Float32Array | Float64Array;
type OperationName = "add" | "sub" | "mul" | "div";

/** An operation on pairs of numbers; the right operand is an array or a scalar. */
interface Operation {
  readonly arrays: (result: Floats, left: Floats, right: Floats) => void;
  readonly scalar: (result: Floats, left: Floats, right: number) => void;
}

// Each has its own loops: calling a function per element takes four times as long.
const operations: Readonly<Record<OperationName, Operation>> = {
  add: {
    arrays: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) {
        result[index] = (left[index] ?? 0) + (right[index] ?? 0);
      }
    },
    scalar: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) result[index] = (left[index] ?? 0) + right;
    },
  },
  sub: {
    arrays: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) {
        result[index] = (left[index] ?? 0) - (right[index] ?? 0);
      }
    },
    scalar: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) result[index] = (left[index] ?? 0) - right;
    },
  },
  mul: {
    arrays: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) {
        result[index] = (left[index] ?? 0) * (right[index] ?? 0);
      }
    },
    scalar: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) result[index] = (left[index] ?? 0) * right;
    },
  },
  div: {
    arrays: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) {
        result[index] = (left[index] ?? 0) / (right[index] ?? 0);
      }
    },
    scalar: (result, left, right) => {
      for (let index = 0; index < result.length; index += 1) result[index] = (left[index] ?? 0) / right;
    },
  },
};

/**
 * The elements of `left` combined with those of `right` one by one, each result rounded to the element type once.
 *
 * @param name - The operation, and the method, for error messages.
 * @throws InvalidArgumentError if the tensors differ in element type or shape, or hold integers.
 */
export function combineElements<Float extends FloatType>(
  name: OperationName,
  left: Tensor<Float>,
  right: Tensor<Float> | number,
): TensorDataByType[Float] {
  requireFloat(name, left);
  const result = allocateData(left.dtype, left.size);
  if (typeof right === "number") {
    operations[name].scalar(result, left.data, roundScalar(left.dtype, right));
  } else {
    requireSameForm(name, left, right);
    operations[name].arrays(result, left.data, right.data);
  }
  return result;
}

/**
 * `left · leftFactor + right · rightFactor`, each operation rounded as in {@link combineElements}, in one pass: for
 * many large images, three passes would block a page.
 *
 * @throws InvalidArgumentError if the tensors differ in shape or type, or hold integers.
 */
export function addScaled<Float extends FloatType>(
  left: Tensor<Float>,
  leftFactor: number,
  right: Tensor<Float>,
  rightFactor: number,
): TensorDataByType[Float] {
  requireFloat("add", left);
  requireSameForm("add", left, right);
  const result = allocateData(left.dtype, left.size);
  const [first, second] = [roundScalar(left.dtype, leftFactor), roundScalar(left.dtype, rightFactor)];
  const isFloat32 = left.dtype === "float32";
  for (let index = 0; index < result.length; index += 1) {
    const one = (left.data[index] ?? 0) * first;
    const other = (right.data[index] ?? 0) * second;
    result[index] = isFloat32 ? Math.fround(one) + Math.fround(other) : one + other;
  }
  return result;
}

/**
 * The elements clamped to [minimum, maximum]. NaN stays NaN.
 *
 * @throws InvalidArgumentError if a bound is NaN, `minimum` is above `maximum`, or the elements are integers.
 */
export function clampElements<Float extends FloatType>(
  tensor: Tensor<Float>,
  minimum: number,
  maximum: number,
): TensorDataByType[Float] {
  requireFloat("clamp", tensor);
  if (!(minimum <= maximum)) {
    throw new InvalidArgumentError({
      subject: "Tensor.clamp",
      found: `a minimum of ${describeValue(minimum)} and a maximum of ${describeValue(maximum)}`,
      expected: "a minimum that is not above the maximum",
      remedy: "Pass the lower bound first.",
    });
  }
  const lowest = roundScalar(tensor.dtype, minimum);
  const highest = roundScalar(tensor.dtype, maximum);
  const result = allocateData(tensor.dtype, tensor.size);
  for (let index = 0; index < result.length; index += 1) {
    const value = tensor.data[index] ?? 0;
    result[index] = value < lowest ? lowest : value > highest ? highest : value;
  }
  return result;
}

function roundScalar(dtype: DataType, value: number): number {
  return dtype === "float32" ? Math.fround(value) : value;
}

function requireFloat(name: string, tensor: Tensor): void {
  if (tensor.dtype === "float32" || tensor.dtype === "float64") return;
  throw new InvalidArgumentError({
    subject: `Tensor.${name}`,
    found: tensor.describe(),
    expected: "a tensor of float32 or float64",
    remedy: "Convert it with `Tensor.from(tensor.data, tensor.shape)` first.",
  });
}

function requireSameForm(name: string, left: Tensor, right: Tensor): void {
  const isTensor = typeof right === "object" && right !== null && isDataType(right.dtype);
  if (isTensor && left.dtype === right.dtype && sameShape(left.shape, right.shape)) return;
  throw new InvalidArgumentError({
    subject: `Tensor.${name}`,
    found: isTensor ? `${left.describe()} and ${right.describe()}` : `${left.describe()} and ${typeof right}`,
    expected: "two tensors of one element type and shape, or a tensor and a number",
    remedy: "Reshape or convert one of them first; nothing is broadcast.",
  });
}
