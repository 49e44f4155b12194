import { randnTensor, type Tensor } from "@onestep/core";
import { requireBetaCount } from "../betas.ts";
import { requireRun, requireSamples, requireTimestepCount, requireTrainTimestep } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  type DistilledSchedulerConfig,
  type DistilledSetTimestepsOptions,
  distilledSchedulerFields,
  distilledTimesteps,
  requireStrength,
} from "../distilled.ts";
import { DistilledSchedulerBase } from "../distilled-scheduler-base.ts";
import * as float32 from "../float32.ts";
import type { NoiseProcess } from "../noise-process.ts";
import { limitSample, predictOriginalSample } from "../predictions.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";

const className = "LCMScheduler";

/** The deviation of the data that the model's consistency function is made for. */
const sigmaData = 0.5;

/** The configuration of an `LCMScheduler`. */
export type LCMSchedulerConfig = DistilledSchedulerConfig;

/** What the constructor of an `LCMScheduler` takes. */
export type LCMSchedulerOptions = ConfigOptions<LCMSchedulerConfig>;

/** What {@link LCMScheduler.setTimesteps} takes. */
export type LCMSetTimestepsOptions = DistilledSetTimestepsOptions;

/** What {@link LCMScheduler.step} returns. */
export interface LCMSchedulerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The value of the consistency function: the prediction of the clean sample. */
  readonly denoised: Tensor<"float32">;
  /** The same as `denoised`. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * Multistep consistency sampling for latent consistency models, which take few steps: a prediction of the clean sample,
 * and fresh noise. Luo et al. 2023 (arXiv:2310.04378), algorithm 3.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_lcm.py` on torch's CPU.
 */
export class LCMScheduler extends DistilledSchedulerBase<LCMSchedulerConfig> implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = [className];

  /** Fields and defaults of diffusers' `schedulers/scheduling_lcm.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<LCMSchedulerConfig>> = new SchedulerSchema(
    className,
    distilledSchedulerFields(),
    requireBetaCount,
  );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: LCMSchedulerOptions = {}) {
    super(className, LCMScheduler.schema.fromConfig(options));
  }

  /**
   * Begins a new run, of `numInferenceSteps` of the timesteps that the model was distilled with, or of `timesteps` (of
   * training, whole numbers, each once, the highest first); of the latter only the last part where there is a
   * `strength`. Warns where `timesteps` are not those of the distillation.
   *
   * @throws InvalidArgumentError where not exactly one of the two is given, or an option breaks its rule, or no step is
   * left; the run is then as it was.
   */
  setTimesteps(options: LCMSetTimestepsOptions): void {
    const subject = `${className}.setTimesteps`;
    const { originalInferenceSteps = this.config.originalInferenceSteps } = options ?? {};
    const count = requireTimestepCount(
      subject,
      originalInferenceSteps,
      this.length,
      "originalInferenceSteps",
    );
    const gap = Math.floor(this.length / count);
    const usedCount = Math.trunc(count * requireStrength(subject, options));
    const grid = { count, usedCount, first: gap - 1, gap };
    this.beginRun(distilledTimesteps(subject, options, this.length, grid));
  }

  /**
   * The weights of the sample and of the prediction of the clean one in the consistency function, float32 numbers.
   *
   * @param timestep - A timestep of training.
   */
  getScalingsForBoundaryConditionDiscrete(timestep: number): [cSkip: number, cOut: number] {
    const scaled = float32.mul(timestep, Math.fround(this.config.timestepScaling));
    const variance = float32.add(float32.square(scaled), sigmaData ** 2);
    return [float32.div(sigmaData ** 2, variance), float32.div(scaled, float32.sqrt(variance))];
  }

  /**
   * Takes one step: to the prediction of the clean sample, with noise of the next timestep. Noise is drawn in every step
   * but the last of a run, which adds none.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError where there is no run yet, the shapes differ, the timestep is out of range, or the run
   * is to begin at a timestep that it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): LCMSchedulerOutput {
    const subject = `${className}.step`;
    requireSamples(subject, { modelOutput, sample });
    requireRun(subject, this.numInferenceSteps);
    const current = requireTrainTimestep(subject, timestep, this.length);
    const index = this.run.enter(timestep);

    const alphaProd = this.alphasCumprod[current] ?? Number.NaN;
    const predicted = predictOriginalSample(this.config.predictionType, sample, modelOutput, alphaProd);
    const [cSkip, cOut] = this.getScalingsForBoundaryConditionDiscrete(current);
    const denoised = limitSample(predicted, this.config).mul(cOut).add(sample.mul(cSkip));
    const next = this.timesteps[index + 1];
    const noise = next === undefined ? undefined : randnTensor(modelOutput.shape, options.generator);
    this.run.advance();
    if (next === undefined || noise === undefined) {
      return { prevSample: denoised, denoised, predOriginalSample: denoised };
    }
    const nextAlphaProd = this.alphasCumprod[next] ?? Number.NaN;
    const prevSample = denoised
      .mul(float32.sqrt(nextAlphaProd))
      .add(noise.mul(float32.sqrt(float32.sub(1, nextAlphaProd))));
    return { prevSample, denoised, predOriginalSample: denoised };
  }

  clone(): LCMScheduler {
    return new LCMScheduler(this.config);
  }
}
