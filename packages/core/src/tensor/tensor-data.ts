import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";

/** The typed array that holds each element type. */
export interface TensorDataByType {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
}

/** An element type, named as in torch. */
export type DataType = keyof TensorDataByType;

/** An element type that supports arithmetic. */
export type FloatType = "float32" | "float64";

/**
 * The number of elements of a shape; 1 for the empty shape.
 *
 * @throws InvalidArgumentError if the shape is not an array, a dimension is not an integer ≥ 0, or the product is above
 *   2^53 − 1.
 */
export function elementCount(shape: readonly number[]): number {
  if (!Array.isArray(shape)) {
    throw new InvalidArgumentError({
      subject: "shape",
      found: typeof shape === "number" ? `the number ${shape}` : describeValue(shape),
      expected: "a list of dimensions",
      remedy: "Pass a list, for example [3] for three elements.",
    });
  }
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new InvalidArgumentError({
        subject: "shape",
        found: describeValue(shape),
        expected: "whole numbers, each at least 0",
        remedy: "Pass the length of each dimension.",
      });
    }
    count *= dimension;
  }
  if (!Number.isSafeInteger(count)) {
    throw new InvalidArgumentError({
      subject: "shape",
      found: `${describeValue(shape)}, ${count} elements`,
      expected: "at most 2^53 - 1 elements",
      remedy: "Pass a smaller shape.",
    });
  }
  return count;
}

/** Whether two shapes have the same dimensions in the same order. */
export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((dimension, index) => dimension === right[index]);
}

type Allocators = { readonly [Type in DataType]: (size: number) => TensorDataByType[Type] };

const allocators: Allocators = {
  float32: (size) => new Float32Array(size),
  float64: (size) => new Float64Array(size),
  int32: (size) => new Int32Array(size),
  int64: (size) => new BigInt64Array(size),
  uint8: (size) => new Uint8Array(size),
};

const tagByType: Readonly<Record<DataType, string>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
};

const integerRanges: Partial<Record<DataType, readonly [lowest: bigint, highest: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
};

/** Whether `value` names an element type. */
export function isDataType(value: unknown): value is DataType {
  return typeof value === "string" && Object.hasOwn(allocators, value);
}

/** Whether `data` is the typed array of this element type. Holds across realms, where `instanceof` does not. */
export function isDataOfType<Type extends DataType>(
  data: unknown,
  dtype: Type,
): data is TensorDataByType[Type] {
  return Object.prototype.toString.call(data) === `[object ${tagByType[dtype]}]`;
}

/**
 * A typed array of zeros.
 *
 * @throws InvalidArgumentError if memory for that many elements cannot be allocated.
 */
export function allocateData<Type extends DataType>(dtype: Type, size: number): TensorDataByType[Type] {
  try {
    return allocators[dtype](size);
  } catch (cause) {
    throw new InvalidArgumentError(
      {
        subject: "Tensor",
        found: `${size} elements of ${dtype}`,
        expected: "a size that fits into memory",
        remedy: "Use smaller tensors, for example a smaller batch.",
      },
      { cause },
    );
  }
}

/**
 * A typed array with these values, each rounded to the element type once.
 *
 * @throws InvalidArgumentError if a value is not a number, or does not fit an integer type.
 */
export function convertData<Type extends DataType>(
  values: ArrayLike<number | bigint>,
  dtype: Type,
): TensorDataByType[Type] {
  const data = allocateData(dtype, values.length);
  const range = integerRanges[dtype];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (!isElement(value, range)) {
      throw new InvalidArgumentError({
        subject: `Tensor: element ${index}`,
        found: describeValue(value),
        expected: range === undefined ? "a number" : `a whole number from ${range[0]} to ${range[1]}`,
        remedy: `Pass values that ${dtype} can hold.`,
      });
    }
    data[index] = dtype === "int64" ? BigInt(value) : Number(value);
  }
  return data;
}

function isElement(
  value: unknown,
  range: readonly [lowest: bigint, highest: bigint] | undefined,
): value is number | bigint {
  if (typeof value !== "number" && typeof value !== "bigint") return false;
  if (range === undefined) return true;
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  return value >= range[0] && value <= range[1];
}
