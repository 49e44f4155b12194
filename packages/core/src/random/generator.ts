import type { FloatType } from "../tensor/data-type.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of a draw. */
export interface DrawOptions<Type extends FloatType = FloatType> {
  /** Element type; `"float32"` by default. */
  readonly dtype?: Type | undefined;
}

/** A source of random numbers. {@link TorchGenerator} is the one whose numbers equal torch's. */
export interface Generator {
  /** Normal numbers, mean 0, variance 1. */
  randn(shape: readonly number[]): Tensor<"float32">;
  randn<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  /** Uniform numbers in [0, 1). */
  rand(shape: readonly number[]): Tensor<"float32">;
  rand<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  /** Integers in [low, high). */
  randint(low: number | bigint, high: number | bigint, shape: readonly number[]): Tensor<"int64">;
}
