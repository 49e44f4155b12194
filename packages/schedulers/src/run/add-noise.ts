import type { Tensor } from "@onestep/core";
import { combineItems } from "./combine-items.ts";

/**
 * `originalSamples + noise · σ`, in float32.
 *
 * @param subject - The method, for messages.
 * @param sigmas - One noise level for all items of the batch, or one for each.
 * @throws InvalidArgumentError where the tensors differ in shape, or the levels do not fit the batch.
 */
export function addNoise(
  subject: string,
  originalSamples: Tensor<"float32">,
  noise: Tensor<"float32">,
  sigmas: readonly number[],
): Tensor<"float32"> {
  return combineItems(
    subject,
    { originalSamples, noise },
    sigmas.map((sigma) => [1, sigma]),
  );
}
