import { type Generator, randnTensor, Tensor } from "@onestep/core";
import { type NoisePredictor, runSteps } from "../sampling/denoise.ts";
import type { GenerateOptions } from "../sampling/generate-options.ts";
import { type ConsistencyScheduler, predictAtSigmas } from "./consistency-scheduler.ts";

/** The input of an interpolation between two images. */
export interface Morph {
  readonly predict: NoisePredictor;
  readonly scheduler: ConsistencyScheduler;
  readonly generator: Generator | readonly Generator[];
  /** The two images, [2, channels, height, width], -1 to 1. */
  readonly ends: Tensor<"float32">;
  /** The position of each frame, from 0 to 1. */
  readonly positions: readonly number[];
  readonly strength: number;
  readonly steps: number;
}

/**
 * Interpolates between two images: blends them, then repeatedly adds noise and denoises, each time at a lower level. The
 * level follows `sin(π · position)` on the grid of noise levels: none at both ends, and `strength` at the midpoint. All
 * frames share the same noise, so that they differ only in the blend.
 *
 * @returns [frames, channels, height, width], -1 to 1. The frames at 0 and 1 are the two images, exactly.
 */
export function runMorph(morph: Morph, options: GenerateOptions): Promise<Tensor<"float32">> {
  const { predict, scheduler, generator, ends, positions, strength, steps } = morph;
  const { sigmaMin } = scheduler.config;
  const sigmaAt = (position: number, step: number): number => {
    const height = strength * Math.sin(Math.PI * position) * (1 - step / steps);
    const [sigma = sigmaMin] = scheduler.convertToKarras([1 - height]);
    return position === 0 || position === 1 ? sigmaMin : sigma;
  };
  const timesteps = Float64Array.from({ length: steps }, (_, step) => scheduler.sigmaToT(sigmaAt(0.5, step)));
  const [first, last] = [ends.slice(0, 1), ends.slice(1, 2)];
  const sample = Tensor.concat(positions.map((position) => mix(first, last, position)));
  return runSteps({ scheduler: { timesteps }, sample }, options, async (images, _timestep, step) => {
    const noise = randnTensor(first.shape, generator);
    const sigmas = positions.map((position) => sigmaAt(position, step));
    const noisy = sigmas.map((sigma, frame) =>
      images
        .slice(frame, frame + 1)
        .add(noise.mul(Math.sqrt(Math.max(0, sigma * sigma - sigmaMin * sigmaMin)))),
    );
    const next = { predict, scheduler, sample: Tensor.concat(noisy), sigmas };
    return { sample: await predictAtSigmas(next) };
  });
}

function mix(first: Tensor<"float32">, last: Tensor<"float32">, position: number): Tensor<"float32"> {
  if (position === 0) return first;
  if (position === 1) return last;
  return first.mul(1 - position).add(last.mul(position));
}
