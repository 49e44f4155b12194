import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { allocateData, elementCount, type FloatType } from "../tensor/tensor-data.ts";

/** Options of a draw. */
export interface DrawOptions<Type extends FloatType = FloatType> {
  /** Element type; `"float32"` by default. */
  readonly dtype?: Type | undefined;
}

/** A source of random numbers. {@link TorchGenerator} reproduces torch's numbers. */
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

/**
 * float32 normal numbers for a batch, drawn like diffusers' `randn_tensor` (utils/torch_utils.py).
 *
 * @param shape - The first dimension is the batch size.
 * @param generator - One generator, or a list of one, draws the whole tensor at once. A longer list has one generator
 *   per item, so that items do not depend on each other. Without one, the numbers differ each time.
 * @throws InvalidArgumentError if the shape is invalid, the number of generators does not match the batch size, or
 *   something is not a generator. Nothing is drawn then.
 *
 * @example
 * const latents = randnTensor([2, 3, 64, 64], [new TorchGenerator(1), new TorchGenerator(2)]);
 */
export function randnTensor(
  shape: readonly number[],
  generator?: Generator | readonly Generator[] | undefined,
): Tensor<"float32"> {
  elementCount(shape);
  if (generator === undefined) return unseededRandn(shape);
  const generators: readonly Generator[] = Array.isArray(generator) ? generator : [generator];
  for (const item of generators) requireGenerator(item);
  const [first] = generators;
  if (first !== undefined && generators.length === 1) return first.randn(shape);
  const [batchSize = 0, ...itemShape] = shape;
  if (first === undefined || generators.length !== batchSize) {
    throw new InvalidArgumentError({
      subject: "generator",
      found: `a list of ${generators.length} generators for a batch of ${batchSize}`,
      expected: "as many generators as the batch has items, or one for all of them",
      remedy: "Pass a list as long as the batch.",
    });
  }
  return Tensor.concat(generators.map((item) => item.randn([1, ...itemShape])));
}

function requireGenerator(value: unknown): void {
  const isGenerator = typeof value === "object" && value !== null && "randn" in value;
  if (isGenerator && typeof value.randn === "function") return;
  throw new InvalidArgumentError({
    subject: "generator",
    found: describeValue(value),
    expected: "a generator, or a list of them",
    remedy: "Pass `new TorchGenerator(seed)`.",
  });
}

/**
 * Unseeded float32 normal numbers, mean 0, variance 1, from `Math.random` (Box and Muller 1958). A seeded generator is
 * far more code, which programs that never seed one need not bundle.
 *
 * @throws InvalidArgumentError if the shape is invalid.
 */
export function unseededRandn(shape: readonly number[]): Tensor<"float32"> {
  const values = allocateData("float32", elementCount(shape));
  for (let index = 0; index < values.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    values[index] = radius * Math.cos(angle);
    // If the count is odd, the write past the end has no effect.
    values[index + 1] = radius * Math.sin(angle);
  }
  return new Tensor("float32", values, shape);
}
