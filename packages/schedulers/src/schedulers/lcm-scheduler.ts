import { randnTensor, type Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { requireBetaCount } from "../betas.ts";
import { requireSamples, requireTrainTimestep } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  type DistilledSchedulerConfig,
  type DistilledSetTimestepsOptions,
  distillationGrid,
  distilledSchedulerFields,
  distilledTimesteps,
  requireStrength,
} from "../distilled.ts";
import * as float32 from "../float32.ts";
import { limitSample, predictOriginalSample } from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, StepOptions } from "../scheduler.ts";

/** The standard deviation of the data assumed by the consistency function. */
const sigmaData = 0.5;

/** The configuration of an `LCMScheduler`. */
export type LCMSchedulerConfig = DistilledSchedulerConfig;

/** Options of the `LCMScheduler` constructor. */
export type LCMSchedulerOptions = ConfigOptions<LCMSchedulerConfig>;

/** Options of {@link LCMScheduler.setTimesteps}. */
export type LCMSetTimestepsOptions = DistilledSetTimestepsOptions;

/** The result of {@link LCMScheduler.step}. */
export interface LCMSchedulerOutput extends DenoisedSampleOutput {
  /** The value of the consistency function: the prediction of the clean sample. */
  readonly denoised: Tensor<"float32">;
}

/**
 * Multistep consistency sampling for latent consistency models, which need only a few steps. Each step predicts the
 * clean sample and adds fresh noise. Luo et al. 2023 (arXiv:2310.04378), algorithm 3.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_lcm.py` on torch's CPU.
 *
 * @example
 * await pipe.loadLoraWeights("latent-consistency/lcm-lora-sdv1-5");
 * pipe.scheduler = LCMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ prompt: "a red fox", numInferenceSteps: 4, guidanceScale: 1, seed: 0 });
 */
export class LCMScheduler extends AlphaSchedulerBase<LCMSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_lcm.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<LCMSchedulerConfig>> = new SchedulerSchema(
    "LCMScheduler",
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
  setTimesteps(options: LCMSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const strength = requireStrength(subject, options);
    const { originalInferenceSteps = this.config.originalInferenceSteps } = options ?? {};
    const grid = distillationGrid(subject, originalInferenceSteps, strength, this.length);
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
   * The weights of the sample and of the predicted clean sample in the consistency function, float32 numbers.
   *
   * @param timestep - A training timestep.
   */
  getScalingsForBoundaryConditionDiscrete(timestep: number): [cSkip: number, cOut: number] {
    const scaled = float32.mul(timestep, Math.fround(this.config.timestepScaling));
    const variance = float32.add(float32.square(scaled), sigmaData ** 2);
    return [float32.div(sigmaData ** 2, variance), float32.div(scaled, float32.sqrt(variance))];
  }

  /**
   * Takes one step: predicts the clean sample and adds noise for the next timestep. Every step draws noise except the
   * last of a run, which adds none.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the timestep is out of range, the first
   * `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): LCMSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    this.run.requireStarted();
    const current = requireTrainTimestep(subject, timestep, this.length);
    const index = this.run.enter(timestep);

    const alphaProd = this.alphasCumprod[current] ?? Number.NaN;
    const predicted = predictOriginalSample(this.config.predictionType, sample, modelOutput, alphaProd);
    const [cSkip, cOut] = this.getScalingsForBoundaryConditionDiscrete(current);
    const denoised = limitSample(predicted, this.config).mul(cOut).add(sample.mul(cSkip));
    const next = this.timesteps[index + 1];
    const prevSample = next === undefined ? denoised : this.#addNoise(denoised, next, options.generator);
    this.run.advance(index);
    return { prevSample, denoised, predOriginalSample: denoised };
  }

  /** Adds fresh noise to a denoised sample, up to the noise level of `timestep`. */
  #addNoise(
    denoised: Tensor<"float32">,
    timestep: number,
    generator: StepOptions["generator"],
  ): Tensor<"float32"> {
    const alphaProd = this.alphasCumprod[timestep] ?? Number.NaN;
    const noise = randnTensor(denoised.shape, generator);
    return denoised.mul(float32.sqrt(alphaProd)).add(noise.mul(float32.sqrt(float32.sub(1, alphaProd))));
  }
}
