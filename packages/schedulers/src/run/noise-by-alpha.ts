import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import { combineItems, type Weights } from "./combine-items.ts";
import { requireTrainTimestep } from "./require-train-timestep.ts";

/**
 * `√ᾱ · originalSamples + √(1 − ᾱ) · noise`, in float32: formula (4) of Ho et al. 2020 (arXiv:2006.11239).
 *
 * @param className - The scheduler, for messages.
 * @param timesteps - Timesteps of training, one for all items of the batch or one each.
 * @throws InvalidArgumentError where a timestep is out of range, or the shapes do not fit.
 */
export function addNoiseByAlpha(
  className: string,
  alphasCumprod: Float32Array,
  originalSamples: Tensor<"float32">,
  noise: Tensor<"float32">,
  timesteps: ArrayLike<number>,
): Tensor<"float32"> {
  const subject = `${className}.addNoise`;
  const weights = weightsAt(subject, alphasCumprod, timesteps);
  return combineItems(subject, { originalSamples, noise }, weights);
}

/**
 * `√ᾱ · noise − √(1 − ᾱ) · sample`, in float32: what a model for `"v_prediction"` is trained to predict (Salimans and
 * Ho 2022, arXiv:2202.00512, appendix D).
 *
 * @param className - The scheduler, for messages.
 * @param timesteps - Timesteps of training, one for all items of the batch or one each.
 * @throws InvalidArgumentError where a timestep is out of range, or the shapes do not fit.
 */
export function velocityByAlpha(
  className: string,
  alphasCumprod: Float32Array,
  sample: Tensor<"float32">,
  noise: Tensor<"float32">,
  timesteps: ArrayLike<number>,
): Tensor<"float32"> {
  const subject = `${className}.getVelocity`;
  const weights = weightsAt(subject, alphasCumprod, timesteps);
  return combineItems(
    subject,
    { noise, sample },
    weights.map(([signal, deviation]) => [signal, -deviation]),
  );
}

function weightsAt(subject: string, alphasCumprod: Float32Array, timesteps: ArrayLike<number>): Weights[] {
  return Array.from(timesteps, (timestep) => {
    const alphaProd =
      alphasCumprod[requireTrainTimestep(subject, timestep, alphasCumprod.length)] ?? Number.NaN;
    return [float32.sqrt(alphaProd), float32.sqrt(float32.sub(1, alphaProd))];
  });
}
