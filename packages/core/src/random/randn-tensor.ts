import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { elementCount } from "../tensor/element-count.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Generator } from "./generator.ts";
import { TorchGenerator } from "./torch-generator.ts";

/**
 * Normal numbers of float32 for a batch, as diffusers' `randn_tensor` draws them (utils/torch_utils.py).
 *
 * @param shape - The first dimension counts the items of the batch.
 * @param generator - One generator, or a list of one, draws the whole tensor at once. A longer list holds one generator
 *   for each item, so that an item does not depend on its neighbours. Without one the numbers are different each time.
 * @throws InvalidArgumentError where the shape is not one, or the list has not as many generators as the batch has
 *   items, or something is no generator. Nothing is drawn then.
 */
export function randnTensor(
  shape: readonly number[],
  generator?: Generator | readonly Generator[] | undefined,
): Tensor<"float32"> {
  elementCount(shape);
  if (generator === undefined) {
    const unseeded = new TorchGenerator();
    unseeded.seed();
    return unseeded.randn(shape);
  }
  for (const item of isList(generator) ? generator : [generator]) requireGenerator(item);
  if (!isList(generator)) return generator.randn(shape);
  const [first] = generator;
  if (first !== undefined && generator.length === 1) return first.randn(shape);
  const [batchSize = 0, ...itemShape] = shape;
  if (first === undefined || generator.length !== batchSize) {
    throw new InvalidArgumentError({
      subject: "generator",
      found: `a list of ${generator.length} generators for a batch of ${batchSize}`,
      expected: "as many generators as the batch has items, or one for all of them",
      remedy: "Pass a list as long as the batch.",
    });
  }
  return Tensor.concat(generator.map((item) => item.randn([1, ...itemShape])));
}

function isList(generator: Generator | readonly Generator[]): generator is readonly Generator[] {
  return Array.isArray(generator);
}

function requireGenerator(value: unknown): void {
  const isGenerator = typeof value === "object" && value !== null && "randn" in value;
  if (isGenerator && typeof value.randn === "function") return;
  throw new InvalidArgumentError({
    subject: "generator",
    found: typeof value === "number" ? `the number ${value}` : value === null ? "null" : typeof value,
    expected: "a generator, or a list of them",
    remedy: "Pass `new TorchGenerator(seed)`.",
  });
}
