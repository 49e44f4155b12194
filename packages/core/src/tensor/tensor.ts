import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import { addScaled, clampElements, combineElements } from "./elementwise.ts";
import {
  allocateData,
  convertData,
  type DataType,
  elementCount,
  type FloatType,
  isDataOfType,
  isDataType,
  sameShape,
  type TensorDataByType,
} from "./tensor-data.ts";

/**
 * A dense array in row-major order, like torch's contiguous CPU tensors.
 *
 * Every method returns a new tensor and leaves this one unchanged. Only {@link Tensor.reshape} shares `data` with the
 * tensor it was called on, and the constructor does not copy its array; all others copy.
 *
 * Arithmetic is that of torch on a CPU. In a `"float32"` tensor a scalar is rounded to float32 first, then each
 * operation is rounded to float32 once; in a `"float64"` tensor everything is float64. Both operands must have the same
 * element type and shape: there is no broadcasting or type promotion. Division by zero gives infinities and NaN.
 *
 * @example
 * const sample = Tensor.from([1, 2, 3, 4, 5, 6], [2, 3]);
 * console.log(sample.mul(0.5).add(1).shape); // [2, 3]
 */
export class Tensor<Type extends DataType = DataType> {
  readonly dtype: Type;
  /** The length of each dimension; frozen. */
  readonly shape: readonly number[];
  readonly data: TensorDataByType[Type];

  /**
   * Wraps an array without copying it.
   *
   * @throws InvalidArgumentError if `data` is not the array type of `dtype`, or its length is not that of `shape`.
   */
  constructor(dtype: Type, data: TensorDataByType[Type], shape: readonly number[]) {
    if (!isDataType(dtype) || !isDataOfType(data, dtype)) {
      throw new InvalidArgumentError({
        subject: "Tensor",
        found: `dtype ${describeValue(dtype)} with ${describeValue(data)} as data`,
        expected: "a dtype that Tensor knows, and the typed array that belongs to it",
        remedy: "Pass matching arguments, or use `Tensor.from` to convert.",
      });
    }
    const size = elementCount(shape);
    if (size !== data.length) {
      throw new InvalidArgumentError({
        subject: "Tensor",
        found: `${data.length} elements`,
        expected: `${size} for shape ${describeValue(shape)}`,
        remedy: "Pass the shape that the data has.",
      });
    }
    this.dtype = dtype;
    this.data = data;
    this.shape = Object.freeze([...shape]);
  }

  /**
   * A tensor of zeros.
   *
   * @throws InvalidArgumentError if the shape is invalid, or does not fit into memory.
   */
  static zeros(shape: readonly number[]): Tensor<"float32">;
  static zeros<Type extends DataType>(shape: readonly number[], dtype: Type): Tensor<Type>;
  static zeros(shape: readonly number[], dtype: DataType = "float32"): Tensor {
    return new Tensor(dtype, allocateData(dtype, elementCount(shape)), shape);
  }

  /**
   * A tensor with a copy of these values in row-major order, each rounded to `dtype` (`"float32"` by default) once.
   *
   * @param shape - By default one dimension, as long as `values`.
   * @throws InvalidArgumentError if the shape does not fit, or an integer type cannot hold a value.
   */
  static from(values: ArrayLike<number | bigint>, shape?: readonly number[]): Tensor<"float32">;
  static from<Type extends DataType>(
    values: ArrayLike<number | bigint>,
    shape: readonly number[] | undefined,
    dtype: Type,
  ): Tensor<Type>;
  static from(
    values: ArrayLike<number | bigint>,
    shape: readonly number[] = [values.length],
    dtype: DataType = "float32",
  ): Tensor {
    return new Tensor(dtype, convertData(values, dtype), shape);
  }

  /**
   * Joins tensors along dimension 0.
   *
   * @throws InvalidArgumentError if the list is empty, or they differ in element type or in a dimension other than 0.
   */
  static concat<Type extends DataType>(tensors: readonly Tensor<Type>[]): Tensor<Type> {
    const [first] = tensors;
    if (first === undefined || first.shape.length === 0) {
      throw new InvalidArgumentError({
        subject: "Tensor.concat",
        found: first === undefined ? "no tensor" : "a tensor without dimensions",
        expected: "at least one tensor, each with at least one dimension",
        remedy: "Pass the tensors to join; reshape single numbers to [1].",
      });
    }
    const itemShape = first.shape.slice(1);
    let length = 0;
    for (const tensor of tensors) {
      if (tensor.dtype !== first.dtype || !sameShape(tensor.shape.slice(1), itemShape)) {
        throw new InvalidArgumentError({
          subject: "Tensor.concat",
          found: `${first.describe()} and ${tensor.describe()}`,
          expected: "one element type, and shapes that differ in dimension 0 only",
          remedy: "Reshape or convert the tensors first.",
        });
      }
      length += tensor.shape[0] ?? 0;
    }
    const joined = allocateData(first.dtype, length * elementCount(itemShape));
    let offset = 0;
    for (const tensor of tensors) {
      copyInto(joined, tensor.data, offset);
      offset += tensor.size;
    }
    return new Tensor(first.dtype, joined, [length, ...itemShape]);
  }

  /** The number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** Element type and shape in words, for messages: `float32 [1, 3, 64, 64]`. */
  describe(): string {
    return `${this.dtype} ${formatShape(this.shape)}`;
  }

  /** Whether the elements are of this type; narrows the type in TypeScript. */
  hasType<Expected extends DataType>(dtype: Expected): this is Tensor<Expected> {
    return (this.dtype as DataType) === dtype;
  }

  /** `this + other`. @throws InvalidArgumentError if the element types or shapes differ, or the elements are integers. */
  add<Float extends FloatType>(this: Tensor<Float>, other: Tensor<Float> | number): Tensor<Float> {
    return new Tensor(this.dtype, combineElements("add", this, other), this.shape);
  }

  /** `this − other`. @throws InvalidArgumentError if the element types or shapes differ, or the elements are integers. */
  sub<Float extends FloatType>(this: Tensor<Float>, other: Tensor<Float> | number): Tensor<Float> {
    return new Tensor(this.dtype, combineElements("sub", this, other), this.shape);
  }

  /** `this · other`. @throws InvalidArgumentError if the element types or shapes differ, or the elements are integers. */
  mul<Float extends FloatType>(this: Tensor<Float>, other: Tensor<Float> | number): Tensor<Float> {
    return new Tensor(this.dtype, combineElements("mul", this, other), this.shape);
  }

  /** `this / other`. @throws InvalidArgumentError if the element types or shapes differ, or the elements are integers. */
  div<Float extends FloatType>(this: Tensor<Float>, other: Tensor<Float> | number): Tensor<Float> {
    return new Tensor(this.dtype, combineElements("div", this, other), this.shape);
  }

  /**
   * Clamps each element to [minimum, maximum]; NaN stays NaN. The bounds are rounded to the element type first.
   *
   * @throws InvalidArgumentError if a bound is NaN, `minimum` is above `maximum`, or the elements are integers.
   */
  clamp<Float extends FloatType>(this: Tensor<Float>, minimum: number, maximum: number): Tensor<Float> {
    return new Tensor(this.dtype, clampElements(this, minimum, maximum), this.shape);
  }

  /**
   * `this · factor + other · otherFactor`: the same result as `mul` followed by `add`, in one pass.
   *
   * @throws InvalidArgumentError if the other tensor's shape or element type differs.
   */
  addScaled<Float extends FloatType>(
    this: Tensor<Float>,
    factor: number,
    other: Tensor<Float>,
    otherFactor: number,
  ): Tensor<Float> {
    return new Tensor(this.dtype, addScaled(this, factor, other, otherFactor), this.shape);
  }

  /** A tensor with a copy of the data. */
  clone(): Tensor<Type> {
    return new Tensor(this.dtype, this.data.slice() as TensorDataByType[Type], this.shape);
  }

  /**
   * The same data with another shape. The data is shared: writes to one are visible in the other.
   *
   * @throws InvalidArgumentError if the number of elements differs.
   */
  reshape(shape: readonly number[]): Tensor<Type> {
    return new Tensor(this.dtype, this.data, shape);
  }

  /**
   * A copy of the items from `start` up to but not including `end` of dimension 0.
   *
   * @param end - By default the length of dimension 0.
   * @throws InvalidArgumentError if the range is not within dimension 0, or runs backwards.
   */
  slice(start: number, end: number = this.shape[0] ?? 0): Tensor<Type> {
    const length = this.shape[0];
    const isRange = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end;
    if (length === undefined || !isRange || end > length) {
      throw new InvalidArgumentError({
        subject: "Tensor.slice",
        found: `items ${describeValue(start)} to ${describeValue(end)} of ${this.describe()}`,
        expected: length === undefined ? "a tensor with at least one dimension" : `a range in 0 to ${length}`,
        remedy: "Pass a start and an end that lie within dimension 0.",
      });
    }
    const itemShape = this.shape.slice(1);
    const itemSize = elementCount(itemShape);
    const data = this.data.slice(start * itemSize, end * itemSize) as TensorDataByType[Type];
    return new Tensor(this.dtype, data, [end - start, ...itemShape]);
  }
}

function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

function copyInto(
  target: TensorDataByType[DataType],
  source: TensorDataByType[DataType],
  offset: number,
): void {
  if (target instanceof BigInt64Array) target.set(source as BigInt64Array, offset);
  else target.set(source as Float64Array, offset);
}
