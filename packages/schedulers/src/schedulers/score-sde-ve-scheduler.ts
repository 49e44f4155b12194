import {
  type ConfigField,
  InvalidArgumentError,
  integerField,
  randnTensor,
  type Tensor,
} from "@onestep/core";
import {
  requireFinite,
  requireFraction,
  requireSamples,
  requireTimestepCount,
  requireTrainTimestep,
} from "../checks.ts";
import { narrowedField, positiveField, timestepCountField } from "../config/fields.ts";
import {
  type ConfigFieldsOf,
  type ConfigOptions,
  requireSigmaOrder,
  SchedulerSchema,
} from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { addNoise } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { ScheduleRun } from "../schedule-run.ts";
import type { Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { SchedulerBase } from "../scheduler-base.ts";

/** The configuration of a `ScoreSdeVeScheduler`. */
export interface ScoreSdeVeSchedulerConfig {
  /** The number of noise levels before {@link ScoreSdeVeScheduler.setTimesteps}; 2000 by default. */
  readonly numTrainTimesteps: number;
  /** The signal-to-noise ratio that determines the step size of a correction; above 0, 0.15 by default. */
  readonly snr: number;
  /** The lowest noise level; above 0, 0.01 by default. */
  readonly sigmaMin: number;
  /** The highest noise level; above 0, 1348 by default. */
  readonly sigmaMax: number;
  /** The time at which a run ends, above 0 and at most 1; 1e-5 by default. */
  readonly samplingEps: number;
  /** How many corrections a pipeline makes before each step, at least 0; 1 by default. */
  readonly correctSteps: number;
}

/** Options of the `ScoreSdeVeScheduler` constructor. */
export type ScoreSdeVeSchedulerOptions = ConfigOptions<ScoreSdeVeSchedulerConfig>;

/** Options of {@link ScoreSdeVeScheduler.setTimesteps}. */
export interface ScoreSdeVeSetTimestepsOptions extends SetTimestepsOptions {
  /** The time at which the run ends, above 0 and at most 1; the config's `samplingEps` by default. */
  readonly samplingEps?: number | undefined;
  /** Not accepted: the timesteps are computed from their number. */
  readonly timesteps?: undefined;
}

/** The result of {@link ScoreSdeVeScheduler.stepPred}; diffusers' `SdeVeOutput`. */
export interface SdeVeOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The same sample without the noise added by the step. After the last step, this is the image. */
  readonly prevSampleMean: Tensor<"float32">;
}

/** The result of {@link ScoreSdeVeScheduler.stepCorrect}. */
export interface SdeVeCorrection {
  /** The corrected sample, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/**
 * Predictor-corrector sampling for the variance-exploding SDE, for models that predict scores: Song et al. 2021
 * (arXiv:2011.13456), algorithms 2 and 4.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_sde_ve.py` on torch's CPU. These models take noise levels
 * instead of timesteps: pass `sigmas[i]` when the run is at `timesteps[i]`. Each step evaluates the model
 * `correctSteps` times for {@link stepCorrect} and then once for {@link stepPred}. A step depends only on its timestep,
 * so `stepIndex` is always undefined.
 *
 * @example
 * const scheduler = await ScoreSdeVeScheduler.fromPretrained("google/ncsnpp-celebahq-256");
 * scheduler.setTimesteps({ numInferenceSteps: 2000 });
 */
export class ScoreSdeVeScheduler extends SchedulerBase<ScoreSdeVeSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_sde_ve.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<ScoreSdeVeSchedulerConfig>> =
    new SchedulerSchema(
      "ScoreSdeVeScheduler",
      {
        numTrainTimesteps: timestepCountField(2000),
        snr: positiveField(0.15),
        sigmaMin: positiveField(0.01),
        sigmaMax: positiveField(1348),
        samplingEps: samplingEpsField(1e-5),
        correctSteps: narrowedField(integerField(1), "a whole number from 0 to 1000", isCorrectionCount),
      },
      requireSigmaOrder,
    );

  readonly noiseProcess: NoiseProcess = "score-sde";
  #discreteSigmas: Float32Array;

  constructor(options: ScoreSdeVeSchedulerOptions = {}) {
    super(options);
    const { numTrainTimesteps, samplingEps } = this.config;
    const timesteps = float32.linspace(1, samplingEps, numTrainTimesteps);
    this.run = this.#runOf(timesteps);
    this.#discreteSigmas = this.#discreteSigmasOf(numTrainTimesteps);
  }

  /** `sigmaMax`: the standard deviation of the initial noise. */
  override get initNoiseSigma(): number {
    return this.config.sigmaMax;
  }

  /** The noise level of each timestep in float32, `σ_min · (σ_max / σ_min)^t`. Pass these to the model. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /** The noise levels that steps move between: one per timestep, ascending from `sigmaMin` to `sigmaMax`. */
  get discreteSigmas(): Float32Array {
    return this.#discreteSigmas;
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps and noise levels. Combines diffusers' `set_timesteps` and
   * `set_sigmas`.
   *
   * @throws InvalidArgumentError if an option is missing, not accepted or out of range; the current run is kept.
   */
  setTimesteps(options: ScoreSdeVeSetTimestepsOptions | SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    if (options?.timesteps !== undefined) {
      throw new InvalidArgumentError({
        subject,
        found: "`timesteps`",
        expected: "`numInferenceSteps`",
        remedy: "Pass a number of steps; the timesteps follow from it.",
      });
    }
    const count = requireTimestepCount(subject, options?.numInferenceSteps);
    const { samplingEps = this.config.samplingEps } = options as ScoreSdeVeSetTimestepsOptions;
    if (requireFraction(`${subject}: samplingEps`, samplingEps) === 0) {
      throw new InvalidArgumentError({
        subject: `${subject}: samplingEps`,
        found: "0",
        expected: "a number above 0 and at most 1",
        remedy: "Leave it out for that of the config.",
      });
    }
    this.run = this.#runOf(float32.linspace(1, samplingEps, count), count);
    this.#discreteSigmas = this.#discreteSigmasOf(count);
  }

  /** The same as {@link stepPred}. */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): SdeVeOutput {
    return this.#predict(`${this.className}.step`, modelOutput, timestep, sample, options);
  }

  /**
   * Takes one step to the next lower level of `discreteSigmas`, or from the lowest level to zero. Every step draws
   * noise.
   *
   * @param modelOutput - The score, float32, same shape as `sample`.
   * @param timestep - A time, 0 to 1.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if the shapes differ, or the timestep is out of range.
   */
  stepPred(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): SdeVeOutput {
    return this.#predict(`${this.className}.stepPred`, modelOutput, timestep, sample, options);
  }

  /**
   * Corrects a sample at its noise level with a Langevin step. Draws noise.
   *
   * @param modelOutput - The score, float32, same shape as `sample`.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if the shapes differ, or the score is zero everywhere.
   */
  stepCorrect(
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): SdeVeCorrection {
    const subject = `${this.className}.stepCorrect`;
    requireSamples(subject, { modelOutput, sample });
    const scoreNorm = meanItemNorm(modelOutput);
    if (scoreNorm === 0) {
      throw new InvalidArgumentError({
        subject: `${subject}: modelOutput`,
        found: "zeros alone",
        expected: "a score to follow",
        remedy: "Check the model, or make the scheduler with `correctSteps: 0`.",
      });
    }
    const noise = randnTensor(sample.shape, options.generator);
    const noiseNorm = float32.mul(Math.fround(this.config.snr), meanItemNorm(noise));
    const stepSize = float32.mul(float32.square(float32.div(noiseNorm, scoreNorm)), 2);
    const deviation = float32.sqrt(float32.mul(stepSize, 2));
    return { prevSample: sample.add(modelOutput.mul(stepSize)).add(noise.mul(deviation)) };
  }

  /**
   * `originalSamples + noise · σ`, where σ comes from `discreteSigmas`.
   *
   * @param timesteps - Indices into `discreteSigmas`, as in diffusers; either one for the whole batch or one per item.
   * @throws InvalidArgumentError if an index is out of range, or the shapes do not match.
   */
  override addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const subject = `${this.className}.addNoise`;
    const sigmas = Array.from(timesteps, (timestep) => {
      const index = requireTrainTimestep(subject, timestep, this.#discreteSigmas.length);
      return this.#discreteSigmas[index] ?? Number.NaN;
    });
    return addNoise(subject, originalSamples, noise, sigmas);
  }

  #predict(
    subject: string,
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions,
  ): SdeVeOutput {
    requireSamples(subject, { modelOutput, sample });
    const time = Math.fround(requireFraction(`${subject}: timestep`, timestep));
    const index = Math.trunc(float32.mul(time, this.timesteps.length - 1));
    const sigma = this.#discreteSigmas[index] ?? Number.NaN;
    const adjacentSigma = index === 0 ? 0 : (this.#discreteSigmas[index - 1] ?? Number.NaN);
    const variance = float32.sub(float32.square(sigma), float32.square(adjacentSigma));
    const diffusion = float32.sqrt(variance);
    const prevSampleMean = sample.add(modelOutput.mul(float32.square(diffusion)));
    const noise = randnTensor(sample.shape, options.generator);
    return { prevSample: prevSampleMean.add(noise.mul(diffusion)), prevSampleMean };
  }

  #runOf(timesteps: Float32Array, numInferenceSteps?: number): ScheduleRun {
    const { sigmaMin, sigmaMax } = this.config;
    const ratio = Math.fround(sigmaMax / sigmaMin);
    const sigmas = timesteps.map((time) => float32.mul(Math.fround(ratio ** time), Math.fround(sigmaMin)));
    requireFinite(`${this.className}: sigmas`, sigmas);
    return new ScheduleRun(this.className, Float64Array.from(timesteps), { sigmas, numInferenceSteps });
  }

  #discreteSigmasOf(count: number): Float32Array {
    const { sigmaMin, sigmaMax } = this.config;
    return float32.linspace(Math.log(sigmaMin), Math.log(sigmaMax), count).map(Math.exp);
  }
}

function samplingEpsField(defaultValue: number): ConfigField<number> {
  return narrowedField(positiveField(defaultValue), "a number above 0 and at most 1", (value) => value <= 1);
}

function isCorrectionCount(value: number): boolean {
  return value >= 0 && value <= 1000;
}

/** The Euclidean norm of each item, averaged over the batch; a float32 number. */
function meanItemNorm(tensor: Tensor<"float32">): number {
  const [batchSize = 0] = tensor.shape;
  let sum = 0;
  for (let item = 0; item < batchSize; item += 1) {
    const { data } = tensor.slice(item, item + 1);
    sum += Math.fround(Math.sqrt(data.reduce((total, value) => total + value * value, 0)));
  }
  return Math.fround(sum / batchSize);
}
