import { InvalidArgumentError, Tensor } from "@onestep/core";
import { requireSamples } from "./require-samples.ts";

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
  requireSamples(subject, { originalSamples, noise });
  const batchSize = originalSamples.shape[0] ?? 0;
  const [sigma] = sigmas;
  if (sigma !== undefined && sigmas.length === 1) return originalSamples.add(noise.mul(sigma));
  if (sigmas.length !== batchSize || batchSize === 0) {
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps`,
      found: `${sigmas.length} timesteps for a batch of ${batchSize}`,
      expected: "one timestep for all items, or one for each",
      remedy: "Pass part of `scheduler.timesteps`, such as `scheduler.timesteps.slice(0, 1)`.",
    });
  }
  return Tensor.concat(
    sigmas.map((level, item) => {
      const itemNoise = noise.slice(item, item + 1).mul(level);
      return originalSamples.slice(item, item + 1).add(itemNoise);
    }),
  );
}
