import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { requireSamples, requireTrainTimestep } from "./checks.ts";
import * as float32 from "./float32.ts";

/**
 * `originalSamples + noise · σ`, in float32.
 *
 * @param subject - The method, for error messages.
 * @param sigmas - One noise level for all items of the batch, or one for each.
 * @throws InvalidArgumentError if the tensors differ in shape, or the levels do not fit the batch.
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

/**
 * `√ᾱ · originalSamples + √(1 − ᾱ) · noise`, in float32: equation (4) of Ho et al. 2020 (arXiv:2006.11239).
 *
 * @param className - The scheduler, for error messages.
 * @param timesteps - Training timesteps; either one for the whole batch or one per item.
 * @throws InvalidArgumentError if a timestep is out of range, or the shapes do not match.
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
 * `√ᾱ · noise − √(1 − ᾱ) · sample`, in float32: the training target of a `"v_prediction"` model (Salimans and Ho 2022,
 * arXiv:2202.00512, appendix D).
 *
 * @param className - The scheduler, for error messages.
 * @param timesteps - Training timesteps; either one for the whole batch or one per item.
 * @throws InvalidArgumentError if a timestep is out of range, or the shapes do not match.
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

/** The weights of two samples. */
export type Weights = readonly [left: number, right: number];

/**
 * `left · weight + right · weight`, in float32.
 *
 * @param subject - The method, for error messages.
 * @param samples - The two samples, keyed by parameter name.
 * @param weights - One pair for the whole batch, or one per item.
 * @throws InvalidArgumentError if the tensors differ in shape, or the number of weights does not match the batch.
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

/** How much noise a step of EDM's stochastic sampler adds before denoising. */
export interface ChurnOptions {
  /** The total amount of noise to add over a run (churn), at least 0; 0 (none) by default. */
  readonly sChurn?: number | undefined;
  /** The lowest noise level at which noise is added; 0 by default. */
  readonly sTmin?: number | undefined;
  /** The highest noise level at which noise is added; infinity by default. */
  readonly sTmax?: number | undefined;
  /** Multiplier for the added noise; 1 by default. */
  readonly sNoise?: number | undefined;
}

/**
 * `γ = min(S_churn / N, √2 − 1)` within [S_tmin, S_tmax], 0 outside: the fraction by which a noise level is raised.
 * Karras et al. 2022 (arXiv:2206.00364), algorithm 2, line 4.
 *
 * @param subject - The method, for error messages.
 * @param sigma - The noise level, a float32 number.
 * @param stepCount - N, the number of steps in the run.
 * @throws InvalidArgumentError if an option is not a number, or `sChurn` is below 0.
 */
export function chooseGamma(
  subject: string,
  sigma: number,
  stepCount: number,
  options: ChurnOptions,
): number {
  const { sChurn = 0, sTmin = 0, sTmax = Number.POSITIVE_INFINITY, sNoise = 1 } = options;
  for (const [name, value] of Object.entries({ sChurn, sTmin, sTmax, sNoise })) {
    if (typeof value === "number" && !Number.isNaN(value) && (name !== "sChurn" || value >= 0)) continue;
    throw new InvalidArgumentError({
      subject: `${subject}: ${name}`,
      found: describeValue(value),
      expected: name === "sChurn" ? "a number, at least 0" : "a number",
      remedy: "Leave it out for its default.",
    });
  }
  // torch compares a float32 number with a bound rounded to float32.
  const isWithin = Math.fround(sTmin) <= sigma && sigma <= Math.fround(sTmax);
  return isWithin ? Math.min(sChurn / stepCount, Math.SQRT2 - 1) : 0;
}

/** How an ancestral step is split: down along the probability flow ODE, then up again with fresh noise. */
export interface AncestralLevels {
  /** The noise level to go down to. */
  readonly sigmaDown: number;
  /** The level of the noise to add after that. */
  readonly sigmaUp: number;
}

/**
 * Splits a step to a lower noise level such that `sigmaDown² + sigmaUp²` is the noise variance at `sigmaTo`, in
 * float32: `σ_up² = σ_to² · (σ_from² − σ_to²) / σ_from²`. From k-diffusion's `get_ancestral_step`.
 *
 * @param sigmaFrom - Above 0.
 * @param sigmaTo - At most `sigmaFrom`.
 */
export function ancestralLevels(sigmaFrom: number, sigmaTo: number): AncestralLevels {
  const [from, to] = [float32.square(sigmaFrom), float32.square(sigmaTo)];
  const sigmaUp = float32.sqrt(float32.div(float32.mul(to, float32.sub(from, to)), from));
  // Rounding may produce a negative number if one level is far below the other.
  const remainder = Math.max(float32.sub(to, float32.square(sigmaUp)), 0);
  return { sigmaUp, sigmaDown: float32.sqrt(remainder) };
}
