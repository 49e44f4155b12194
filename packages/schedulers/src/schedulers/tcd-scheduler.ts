import { randnTensor, type Tensor } from "@onestep/core";
import { requireBetaCount } from "../betas.ts";
import {
  requireFraction,
  requireRun,
  requireSamples,
  requireTimestepCount,
  requireTrainTimestep,
} from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  type DistillationGrid,
  type DistilledSchedulerConfig,
  type DistilledSetTimestepsOptions,
  distilledSchedulerFields,
  distilledTimesteps,
  requireStrength,
} from "../distilled.ts";
import { DistilledSchedulerBase } from "../distilled-scheduler-base.ts";
import * as float32 from "../float32.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { predictNoise, predictOriginalSample } from "../predictions.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";

const className = "TCDScheduler";

/** The configuration of an `TCDScheduler`. */
export type TCDSchedulerConfig = DistilledSchedulerConfig;

/** What the constructor of an `TCDScheduler` takes. */
export type TCDSchedulerOptions = ConfigOptions<TCDSchedulerConfig>;

/** What {@link TCDScheduler.setTimesteps} takes. */
export type TCDSetTimestepsOptions = DistilledSetTimestepsOptions;

/** Options of {@link TCDScheduler.step}. */
export interface TCDStepOptions extends StepOptions {
  /** How much of the way to the next timestep is gone with fresh noise, 0 to 1; 0.3 by default. 0: none of it. */
  readonly eta?: number | undefined;
}

/** What {@link TCDScheduler.step} returns. */
export interface TCDSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The sample before the step's own noise is added: that of a timestep below the next one. */
  readonly predNoisedSample: Tensor<"float32">;
}

/**
 * Strategic stochastic sampling for trajectory consistency distillation, which takes few steps: along the trajectory
 * below the next timestep, and up to it with fresh noise. Zheng et al. 2024 (arXiv:2402.19159), algorithm 4.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_tcd.py` on torch's CPU, where clipping and thresholding play
 * no part either.
 */
export class TCDScheduler extends DistilledSchedulerBase<TCDSchedulerConfig> implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = [className];

  /** Fields and defaults of diffusers' `schedulers/scheduling_tcd.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<TCDSchedulerConfig>> = new SchedulerSchema(
    className,
    distilledSchedulerFields(),
    requireBetaCount,
  );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: TCDSchedulerOptions = {}) {
    super(className, TCDScheduler.schema.fromConfig(options));
  }

  /**
   * Begins a new run, of `numInferenceSteps` of the timesteps that the model was distilled with, or of `timesteps` (of
   * training, whole numbers, each once, the highest first); of the latter only the last part where there is a
   * `strength`. Warns where `timesteps` are not those of the distillation.
   *
   * @throws InvalidArgumentError where not exactly one of the two is given, or an option breaks its rule, or no step is
   * left; the run is then as it was.
   */
  setTimesteps(options: TCDSetTimestepsOptions): void {
    const subject = `${className}.setTimesteps`;
    const grid = this.#createGrid(subject, options);
    this.beginRun(distilledTimesteps(subject, options, this.length, grid));
  }

  /**
   * Takes one step. Noise is drawn in every step but the last of a run, where `eta` is above 0.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError where there is no run yet, the shapes differ, the timestep or `eta` is out of range, or
   * the run is to begin at a timestep that it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: TCDStepOptions = {},
  ): TCDSchedulerOutput {
    const subject = `${className}.step`;
    requireSamples(subject, { modelOutput, sample });
    requireRun(subject, this.numInferenceSteps);
    const eta = requireFraction(`${subject}: eta`, options.eta ?? 0.3);
    const current = requireTrainTimestep(subject, timestep, this.length);
    const index = this.run.enter(timestep);

    const next = this.timesteps[index + 1];
    // The timestep that the trajectory is followed to: s in the paper.
    const target = Math.floor(float32.mul(Math.fround(1 - eta), next ?? 0));
    const { predictionType } = this.config;
    const alphaProd = this.alphasCumprod[current] ?? Number.NaN;
    const targetAlphaProd = this.alphasCumprod[target] ?? Number.NaN;
    const originalSample = predictOriginalSample(predictionType, sample, modelOutput, alphaProd);
    const predictedNoise = predictNoise(predictionType, sample, modelOutput, alphaProd);
    const predNoisedSample = originalSample
      .mul(float32.sqrt(targetAlphaProd))
      .add(predictedNoise.mul(float32.sqrt(float32.sub(1, targetAlphaProd))));
    const isNoisy = next !== undefined && eta !== 0;
    const noise = isNoisy ? randnTensor(modelOutput.shape, options.generator) : undefined;
    this.run.advance();
    if (next === undefined || noise === undefined) return { prevSample: predNoisedSample, predNoisedSample };
    const share = float32.div(this.alphasCumprod[next] ?? Number.NaN, targetAlphaProd);
    const prevSample = predNoisedSample
      .mul(float32.sqrt(share))
      .add(noise.mul(float32.sqrt(float32.sub(1, share))));
    return { prevSample, predNoisedSample };
  }

  clone(): TCDScheduler {
    return new TCDScheduler(this.config);
  }

  /** The timesteps of the distillation; where a call says how many there are, diffusers takes all of training. */
  #createGrid(subject: string, options: TCDSetTimestepsOptions): DistillationGrid {
    const strength = requireStrength(subject, options);
    const given = options?.originalInferenceSteps;
    if (given !== undefined) {
      const count = requireTimestepCount(subject, given, undefined, "originalInferenceSteps");
      return { count, usedCount: Math.trunc(this.length * strength), first: 0, gap: 1 };
    }
    const { originalInferenceSteps } = this.config;
    const count = requireTimestepCount(
      subject,
      originalInferenceSteps,
      this.length,
      "originalInferenceSteps",
    );
    const gap = Math.floor(this.length / count);
    return { count, usedCount: Math.trunc(count * strength), first: gap - 1, gap };
  }
}
