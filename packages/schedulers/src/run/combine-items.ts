import { InvalidArgumentError, Tensor } from "@onestep/core";
import { requireSamples } from "./require-samples.ts";

/** The weights of two samples. */
export type Weights = readonly [left: number, right: number];

/**
 * `left · weight + right · weight`, in float32.
 *
 * @param subject - The method, for messages.
 * @param samples - The two, by the names of their parameters.
 * @param weights - One pair for all items of the batch, or one for each.
 * @throws InvalidArgumentError where the tensors differ in shape, or the weights do not fit the batch.
 */
export function combineItems(
  subject: string,
  samples: Readonly<Record<string, Tensor<"float32">>>,
  weights: readonly Weights[],
): Tensor<"float32"> {
  requireSamples(subject, samples);
  const [left, right] = Object.values(samples) as [Tensor<"float32">, Tensor<"float32">];
  const batchSize = left.shape[0] ?? 0;
  const [first] = weights;
  if (first !== undefined && weights.length === 1) return combine(left, right, first);
  if (weights.length !== batchSize || batchSize === 0) {
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps`,
      found: `${weights.length} timesteps for a batch of ${batchSize}`,
      expected: "one timestep for all items, or one for each",
      remedy: "Pass part of `scheduler.timesteps`, such as `scheduler.timesteps.slice(0, 1)`.",
    });
  }
  return Tensor.concat(
    weights.map((pair, item) => combine(left.slice(item, item + 1), right.slice(item, item + 1), pair)),
  );
}

function combine(left: Tensor<"float32">, right: Tensor<"float32">, weights: Weights): Tensor<"float32"> {
  return left.mul(weights[0]).add(right.mul(weights[1]));
}
