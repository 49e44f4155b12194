import type { Tensor } from "@onestep/core";
import {
  requireFinite,
  requireOneOption,
  requireSamples,
  requireTimestepCount,
  ScaledInputReminder,
} from "./checks.ts";
import type { EDMConfig, EDMSamplerConfig } from "./config/edm.ts";
import * as float32 from "./float32.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { ScheduleRun } from "./schedule-run.ts";
import type { SetTimestepsOptions } from "./scheduler.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import { appendSigma, exponentialSigmas, karrasSigmasFloat32 } from "./sigmas.ts";

/**
 * The base of the schedulers for EDM models: noise levels from `sigmaMax` down to `sigmaMin` instead of betas, and the
 * preconditioning of Karras et al. 2022 (arXiv:2206.00364), table 1.
 */
export abstract class EDMSchedulerBase<Values extends EDMConfig> extends SchedulerBase<Values> {
  readonly noiseProcess: NoiseProcess = "edm";
  protected readonly reminder: ScaledInputReminder = new ScaledInputReminder();

  /** The noise levels in float32: one per timestep and, after `setTimesteps`, the final one. Read-only. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /** `sigmaMax`: the standard deviation of the initial noise. */
  override get initNoiseSigma(): number {
    return this.config.sigmaMax;
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) steps.
   *
   * @throws InvalidArgumentError if it is not the only option, or is out of range; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const sigmas = samplerSigmas(`${this.className}.setTimesteps`, options, this.config);
    this.beginRun(sigmas, options.numInferenceSteps);
  }

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.reminder.isCalled;
  }

  /**
   * The model's input: `sample / √(σ² + σ_data²)` (c_in of EDM, table 1), where σ is the noise level of the next step.
   * Begins the run at `timestep`, but does not advance it.
   *
   * @throws InvalidArgumentError if the run does not contain the first `timestep`, or is over.
   */
  override scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const sigma = this.run.sigmaAt(this.run.begin(timestep));
    this.reminder.noteCall();
    return this.preconditionInputs(sample, sigma);
  }

  /** `c_in(σ) · x` with `c_in = 1 / √(σ² + σ_data²)` (EDM, table 1), in float32. */
  preconditionInputs(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    const deviation = sampleDeviation(Math.fround(sigma), this.config.sigmaData, Math.fround);
    return sample.mul(float32.div(1, deviation));
  }

  /** `c_noise(σ) = 0.25 · ln σ` (EDM, table 1), in float32, without scaling. */
  preconditionNoise(sigma: number): number {
    return float32.mul(0.25, float32.log(Math.fround(sigma)));
  }

  /**
   * The prediction of the clean sample, `D(x, σ) = c_skip(σ) · x + c_out(σ) · F` (EDM, equation 7 and table 1), in
   * float32. For `"v_prediction"` c_out has the opposite sign.
   */
  preconditionOutputs(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    sigma: number,
  ): Tensor<"float32"> {
    const { sigmaData, predictionType } = this.config;
    const level = Math.fround(sigma);
    const sign = predictionType === "epsilon" ? 1 : -1;
    const cSkip = skipScaling(level, sigmaData, Math.fround);
    const cOut = sign * outputScaling(level, level, sigmaData, Math.fround);
    return sample.mul(cSkip).add(modelOutput.mul(cOut));
  }

  /**
   * Begins a run through noise levels; each timestep is `timestepScale · 0.25 · ln σ`.
   *
   * @param sigmas - One level per timestep, plus the final level.
   * @param sampleSigmas - The noise levels of the samples, if they differ from the levels at which the model is
   * evaluated.
   * @throws InvalidArgumentError if a level is not finite; the current run is kept.
   */
  protected beginRun(
    sigmas: Float32Array,
    numInferenceSteps?: number | undefined,
    sampleSigmas: Float32Array = sigmas,
  ): void {
    const { timestepScale } = this.config;
    const timesteps = Float64Array.from(sigmas.subarray(0, -1), (sigma) =>
      Math.fround(timestepScale * this.preconditionNoise(sigma)),
    );
    requireFinite(`${this.className}: sigmas`, sigmas);
    requireFinite(`${this.className}: timesteps`, timesteps);
    this.run = new ScheduleRun(this.className, timesteps, { sigmas, sampleSigmas, numInferenceSteps });
  }
}

/**
 * The noise levels for a sampler of OpenAI's consistency models (`cm/karras_diffusion.py`), in float32: the starting
 * level of each step, plus the level at which the last step ends.
 *
 * @throws InvalidArgumentError if `numInferenceSteps` is not the only option, or is out of range.
 */
export function samplerSigmas(
  subject: string,
  options: SetTimestepsOptions,
  config: EDMConfig,
): Float32Array {
  requireOneOption(subject, options, ["numInferenceSteps"]);
  const steps = requireTimestepCount(subject, options.numInferenceSteps);
  const endsAtZero = config.finalSigmasType === "zero";
  const count = endsAtZero ? steps : steps + 1;
  // A run begins at the highest level, but an exponential schedule with a single level returns the lowest.
  const sigmas =
    config.sigmaSchedule === "karras" || count === 1
      ? karrasSigmasFloat32(count, config)
      : exponentialSigmas(count, config);
  return endsAtZero ? appendSigma(sigmas, 0) : sigmas;
}

/** Clamps a prediction of the clean sample, or the final sample of a run, to [−1, 1] if the config says so. */
export function clipDenoised(
  sample: Tensor<"float32">,
  config: Pick<EDMSamplerConfig, "clipDenoised">,
): Tensor<"float32"> {
  return config.clipDenoised ? sample.clamp(-1, 1) : sample;
}

/** The weights of the sample and the model output in a prediction of the clean sample. */
export interface Scalings {
  /** The weight of the sample. */
  readonly cSkip: number;
  /** The weight of the model's output. */
  readonly cOut: number;
}

/** `√(σ² + σ_data²)`: the standard deviation of a sample at noise level `sigma`. */
export function sampleDeviation(sigma: number, sigmaData: number, round: float32.Rounding): number {
  return round(Math.sqrt(round(round(sigma * sigma) + round(sigmaData * sigmaData))));
}

/** `σ_data² / (σ² + σ_data²)`: the weight of the sample in the prediction. */
export function skipScaling(sigma: number, sigmaData: number, round: float32.Rounding): number {
  const dataVariance = round(sigmaData * sigmaData);
  // torch divides a number by a tensor with two roundings: the reciprocal, then the product.
  const reciprocal = round(1 / round(round(sigma * sigma) + dataVariance));
  return round(reciprocal * dataVariance);
}

/** `numerator · σ_data / √(σ² + σ_data²)`: the weight of the model's output in the prediction. */
export function outputScaling(
  numerator: number,
  sigma: number,
  sigmaData: number,
  round: float32.Rounding,
): number {
  return round(round(numerator * round(sigmaData)) / sampleDeviation(sigma, sigmaData, round));
}
