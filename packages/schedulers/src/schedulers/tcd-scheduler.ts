import { randnTensor, type Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { requireBetaCount } from "../betas.ts";
import { requireFraction, requireSamples, requireTimestepCount, requireTrainTimestep } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  type DistillationGrid,
  type DistilledSchedulerConfig,
  type DistilledSetTimestepsOptions,
  distillationGrid,
  distilledSchedulerFields,
  distilledTimesteps,
  requireStrength,
} from "../distilled.ts";
import * as float32 from "../float32.ts";
import { predictNoise, predictOriginalSample } from "../predictions.ts";
import type { PrevSampleOutput, Scheduler, StepOptions } from "../scheduler.ts";

/** The configuration of an `TCDScheduler`. */
export type TCDSchedulerConfig = DistilledSchedulerConfig;

/** Options of the `TCDScheduler` constructor. */
export type TCDSchedulerOptions = ConfigOptions<TCDSchedulerConfig>;

/** Options of {@link TCDScheduler.setTimesteps}. */
export type TCDSetTimestepsOptions = DistilledSetTimestepsOptions;

/** Options of {@link TCDScheduler.step}. */
export interface TCDStepOptions extends StepOptions {
  /** The stochasticity, 0 to 1: the fraction of the way to the next timestep covered by fresh noise; 0.3 by default. */
  readonly eta?: number | undefined;
}

/** The result of {@link TCDScheduler.step}. */
export interface TCDSchedulerOutput extends PrevSampleOutput {
  /** The sample before the step adds its noise, at a timestep below the next one. */
  readonly predNoisedSample: Tensor<"float32">;
}

/**
 * Strategic stochastic sampling for trajectory consistency distillation, which needs only a few steps. Each step
 * follows the trajectory to below the next timestep and returns to it by adding fresh noise. Zheng et al. 2024
 * (arXiv:2402.19159), algorithm 4.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_tcd.py` on torch's CPU. As in diffusers, clipping and
 * thresholding have no effect.
 *
 * @example
 * pipe.scheduler = TCDScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ prompt: "a red fox", numInferenceSteps: 4, eta: 0.3, seed: 0 });
 */
export class TCDScheduler extends AlphaSchedulerBase<TCDSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_tcd.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<TCDSchedulerConfig>> = new SchedulerSchema(
    "TCDScheduler",
    distilledSchedulerFields(),
    requireBetaCount,
  );

  /** ᾱ before the first timestep: 1, or ᾱ of timestep 0 if `setAlphaToOne` is false. */
  get finalAlphaCumprod(): number {
    return this.config.setAlphaToOne ? 1 : (this.alphasCumprod[0] ?? 1);
  }

  /**
   * Starts a new run from `numInferenceSteps` (chosen from the timesteps used in distillation) or `timesteps` (training
   * timesteps, whole numbers, strictly descending). With `strength`, only the last part of `timesteps` is used. Warns
   * if `timesteps` were not used in distillation.
   *
   * @throws InvalidArgumentError unless exactly one of the two is given, or if an option is invalid, or no step is
   * left; the current run is kept.
   */
  setTimesteps(options: TCDSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const grid = this.#createGrid(subject, options);
    const timesteps = distilledTimesteps(subject, options, this.length, grid);
    this.beginRun(timesteps, timesteps.length);
  }

  /**
   * The timestep that follows this one in the run; −1 after the last.
   *
   * @throws InvalidArgumentError if the timestep is not in the run.
   */
  previousTimestep(timestep: number): number {
    return this.timesteps[this.indexForTimestep(timestep) + 1] ?? -1;
  }

  /**
   * Takes one step. If `eta` is above 0, every step draws noise except the last of a run.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the timestep or `eta` is out of range, the
   * first `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: TCDStepOptions = {},
  ): TCDSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    this.run.requireStarted();
    const eta = requireFraction(`${subject}: eta`, options.eta ?? 0.3);
    const current = requireTrainTimestep(subject, timestep, this.length);
    const index = this.run.enter(timestep);

    const next = this.timesteps[index + 1];
    // The timestep at which the trajectory ends: s in the paper.
    const target = Math.floor(float32.mul(Math.fround(1 - eta), next ?? 0));
    const { predictionType } = this.config;
    const alphaProd = this.alphasCumprod[current] ?? Number.NaN;
    const targetAlphaProd = this.alphasCumprod[target] ?? Number.NaN;
    const originalSample = predictOriginalSample(predictionType, sample, modelOutput, alphaProd);
    const predictedNoise = predictNoise(predictionType, sample, modelOutput, alphaProd);
    const predNoisedSample = originalSample
      .mul(float32.sqrt(targetAlphaProd))
      .add(predictedNoise.mul(float32.sqrt(float32.sub(1, targetAlphaProd))));
    let prevSample = predNoisedSample;
    if (next !== undefined && eta !== 0) {
      const noise = randnTensor(modelOutput.shape, options.generator);
      const share = float32.div(this.alphasCumprod[next] ?? Number.NaN, targetAlphaProd);
      prevSample = predNoisedSample
        .mul(float32.sqrt(share))
        .add(noise.mul(float32.sqrt(float32.sub(1, share))));
    }
    this.run.advance(index);
    return { prevSample, predNoisedSample };
  }

  /** The distillation timesteps. If a call passes their number, diffusers uses all training timesteps. */
  #createGrid(subject: string, options: TCDSetTimestepsOptions): DistillationGrid {
    const strength = requireStrength(subject, options);
    const given = options?.originalInferenceSteps;
    if (given !== undefined) {
      const count = requireTimestepCount(subject, given, undefined, "originalInferenceSteps");
      return { count, usedCount: Math.trunc(this.length * strength), first: 0, gap: 1 };
    }
    return distillationGrid(subject, this.config.originalInferenceSteps, strength, this.length);
  }
}
