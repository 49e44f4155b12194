import { type DrawOptions, type FloatType, type Generator, Tensor, type TorchGenerator } from "@onestep/core";
import { slerp } from "./slerp.ts";

/**
 * Random numbers on the way from those of one generator to those of another: normal numbers are interpolated, all others
 * are the first one's.
 */
export class InterpolatedGenerator implements Generator {
  readonly #first: TorchGenerator;
  readonly #last: TorchGenerator;
  readonly #position: number;

  /** @param position - 0 for the numbers of `first`, exactly, 1 for those of `last`. Both are cloned. */
  constructor(first: TorchGenerator, last: TorchGenerator, position: number) {
    this.#first = first.clone();
    this.#last = last.clone();
    this.#position = position;
  }

  randn(shape: readonly number[]): Tensor<"float32">;
  randn<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  randn(shape: readonly number[], { dtype = "float32" }: DrawOptions = {}): Tensor<FloatType> {
    const numbers = slerp(this.#first.randn(shape), this.#last.randn(shape), this.#position);
    return dtype === "float32" ? numbers : Tensor.from(numbers.data, shape, dtype);
  }

  rand(shape: readonly number[]): Tensor<"float32">;
  rand<Type extends FloatType>(shape: readonly number[], options: DrawOptions<Type>): Tensor<Type>;
  rand(shape: readonly number[], options: DrawOptions = {}): Tensor<FloatType> {
    this.#last.rand(shape, options);
    return this.#first.rand(shape, options);
  }

  randint(low: number | bigint, high: number | bigint, shape: readonly number[]): Tensor<"int64"> {
    this.#last.randint(low, high, shape);
    return this.#first.randint(low, high, shape);
  }
}
