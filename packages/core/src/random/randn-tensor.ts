import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { elementCount } from "../tensor/element-count.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Generator } from "./generator.ts";
import { unseededRandn } from "./unseeded-randn.ts";

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
