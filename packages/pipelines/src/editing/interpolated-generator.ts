import { type DrawOptions, type FloatType, type Generator, Tensor, type TorchGenerator } from "@onestep/core";

/**
 * Interpolates the random numbers of two generators: normal numbers are interpolated, all others come from the first.
 */
export class InterpolatedGenerator implements Generator {
  readonly #first: TorchGenerator;
  readonly #last: TorchGenerator;
  readonly #position: number;

  /** @param position - 0 for exactly the numbers of `first`, 1 for those of `last`. Both generators are cloned. */
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

/**
 * Spherical linear interpolation between two tensors, each treated as one vector: `sin((1 − t) ψ) / sin ψ · a + sin(t ψ)
 * / sin ψ · b`, ψ the angle between them (Song et al., 2023, appendix D). It preserves the norm of normal noise; a
 * linear interpolation would shrink it too much for the model.
 *
 * @param position - t; 0 gives `first` and 1 `last`, exactly. Parallel or opposite vectors are interpolated linearly.
 */
export function slerp(
  first: Tensor<"float32">,
  last: Tensor<"float32">,
  position: number,
): Tensor<"float32"> {
  if (position === 0) return first;
  if (position === 1) return last;
  const cosine = dot(first, last) / Math.sqrt(dot(first, first) * dot(last, last));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  const isStraight = !(sine > 1e-6);
  const firstShare = isStraight ? 1 - position : Math.sin((1 - position) * angle) / sine;
  const lastShare = isStraight ? position : Math.sin(position * angle) / sine;
  const data = first.data.map((value, index) => firstShare * value + lastShare * (last.data[index] ?? 0));
  return new Tensor("float32", data, first.shape);
}

function dot(left: Tensor<"float32">, right: Tensor<"float32">): number {
  return left.data.reduce((sum, value, index) => sum + value * (right.data[index] ?? 0), 0);
}
