import { type ConfigField, enumField, randnTensor, Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireOneOption, requireSamples, requireSequence, requireTrainTimestep } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import {
  type ClippingConfig,
  clippingFields,
  limitSample,
  type PredictionType,
  predictionTypes,
  predictOriginalSample,
  splitVariance,
  type ThresholdingConfig,
  thresholdingFields,
} from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { type SpacingConfig, spacingFields, trainTimestepRule, wholeTimesteps } from "../timesteps.ts";

/** How the variance of a DDPM step is chosen. */
export type DDPMVarianceType =
  | "fixed_small"
  | "fixed_small_log"
  | "fixed_large"
  | "fixed_large_log"
  | "learned"
  | "learned_range";

/** The configuration of a `DDPMScheduler`. */
export interface DDPMSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2" | "sigmoid" | "laplace">,
    ThresholdingConfig,
    ClippingConfig,
    SpacingConfig {
  /**
   * The variance of the noise that a step adds; `"fixed_small"` by default. `"fixed_small"` and `"fixed_small_log"` use
   * the posterior variance, `"fixed_large"` and `"fixed_large_log"` the step's β. With `"learned"` and
   * `"learned_range"` it comes from the second half of the model's output channels. A null in a config file, as written
   * by DPM-Solver schedulers, is read as `"fixed_small"`.
   */
  readonly varianceType: DDPMVarianceType;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `DDPMScheduler` constructor. */
export type DDPMSchedulerOptions = ConfigOptions<DDPMSchedulerConfig>;

/** The result of {@link DDPMScheduler.step}. */
export type DDPMSchedulerOutput = DenoisedSampleOutput;

/**
 * The ancestral sampler of denoising diffusion probabilistic models: Ho et al. 2020 (arXiv:2006.11239), algorithm 2,
 * with the learned variances of Nichol and Dhariwal 2021 (arXiv:2102.09672), section 3.1.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_ddpm.py` on torch's CPU. Each step depends only on its
 * timestep: steps may be taken in any order, and `stepIndex` is always undefined.
 *
 * @example
 * pipe.scheduler = DDPMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 1000, seed: 0 });
 */
export class DDPMScheduler extends AlphaSchedulerBase<DDPMSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_ddpm.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DDPMSchedulerConfig>> = new SchedulerSchema(
    "DDPMScheduler",
    {
      ...betaFields([...commonBetaSchedules, "sigmoid", "laplace"], "linear"),
      varianceType: varianceTypeField(),
      ...clippingFields(true),
      predictionType: enumField(predictionTypes, "epsilon"),
      ...thresholdingFields(),
      ...spacingFields("leading"),
      rescaleBetasZeroSnr: truthField(false),
    },
    requireBetaCount,
  );

  #hasSetTimesteps = false;

  /**
   * Starts a new run of `numInferenceSteps` timesteps (1 to `numTrainTimesteps`), spaced according to
   * `timestepSpacing`, or of `timesteps`: whole numbers from 0 to `numTrainTimesteps` − 1, strictly descending.
   *
   * @throws InvalidArgumentError if not exactly one option is given, it is invalid, or `stepsOffset` leads past the
   * last timestep; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    this.beginRun(this.#chooseTimesteps(options), options.numInferenceSteps);
    this.#hasSetTimesteps = true;
  }

  /**
   * Takes one step: the mean of the previous sample (formula (7)) and, above timestep 0, noise of the chosen variance.
   *
   * @param modelOutput - float32, the shape of `sample`; twice the channels if the variance is learned.
   * @param timestep - The timestep that was passed to the model: one of `timesteps`, or any training timestep before
   * {@link setTimesteps}.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if the shapes do not match, or the timestep is not in the run.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): DDPMSchedulerOutput {
    const subject = `${this.className}.step`;
    const { predictionType } = this.config;
    const { prediction, predictedVariance } = this.#splitOutput(subject, modelOutput, sample);
    const alphaProd = this.#alphaProdAt(requireTrainTimestep(subject, timestep, this.length));
    const posterior = ddpmPosterior(alphaProd, this.#alphaProdAt(this.previousTimestep(timestep)));
    const unclipped = predictOriginalSample(predictionType, sample, prediction, alphaProd);
    const predOriginalSample = limitSample(unclipped, this.config);
    const mean = predOriginalSample
      .mul(posterior.originalSampleWeight)
      .add(sample.mul(posterior.sampleWeight));
    if (timestep === 0) return { prevSample: mean, predOriginalSample };
    const noise = randnTensor(sample.shape, options.generator);
    const deviation = this.#deviation(posterior, predictedVariance);
    return { prevSample: mean.add(noise.mul(deviation)), predOriginalSample };
  }

  /**
   * The timestep a step leads to; −1 after the last one.
   *
   * @throws InvalidArgumentError if the timestep is not in the run.
   */
  previousTimestep(timestep: number): number {
    if (!this.#hasSetTimesteps) return timestep - 1;
    return this.timesteps[this.indexForTimestep(timestep) + 1] ?? -1;
  }

  #chooseTimesteps(options: SetTimestepsOptions): Float64Array {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps", "timesteps"]);
    const { numInferenceSteps, timesteps } = options;
    if (timesteps !== undefined) {
      return requireSequence(`${subject}: timesteps`, timesteps, trainTimestepRule(this.length));
    }
    return wholeTimesteps(subject, numInferenceSteps, this.config);
  }

  #alphaProdAt(timestep: number): number {
    return timestep < 0 ? 1 : (this.alphasCumprod[timestep] ?? Number.NaN);
  }

  #splitOutput(
    subject: string,
    modelOutput: Tensor<"float32">,
    sample: Tensor<"float32">,
  ): { prediction: Tensor<"float32">; predictedVariance?: Tensor<"float32"> } {
    if (!this.config.varianceType.startsWith("learned")) {
      requireSamples(subject, { modelOutput, sample });
      return { prediction: modelOutput };
    }
    requireSamples(subject, { modelOutput });
    requireSamples(subject, { sample });
    const split = splitVariance(subject, modelOutput, sample);
    return { prediction: split.modelOutput, predictedVariance: split.predictedVariance };
  }

  /** The standard deviation of a step's noise. */
  #deviation(
    { variance, beta }: DDPMPosterior,
    predicted: Tensor<"float32"> | undefined,
  ): Tensor<"float32"> | number {
    const { varianceType } = this.config;
    if (predicted !== undefined && varianceType === "learned") return mapElements(predicted, Math.sqrt);
    if (predicted !== undefined) {
      const part = predicted.add(1).div(2);
      const logarithm = part.mul(float32.log(beta)).sub(part.sub(1).mul(float32.log(variance)));
      return mapElements(logarithm.mul(0.5), Math.exp);
    }
    if (varianceType.startsWith("fixed_large")) return float32.sqrt(beta);
    if (varianceType === "fixed_small") return float32.sqrt(variance);
    return float32.exp(float32.mul(0.5, float32.log(variance)));
  }
}

function varianceTypeField(): ConfigField<DDPMVarianceType> {
  const field = enumField(
    ["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"],
    "fixed_small",
  );
  return { ...field, read: (json) => (json === null ? "fixed_small" : field.read(json)) };
}

/** One reverse diffusion step, computed from the cumulative alphas at both ends; all float32 numbers. */
interface DDPMPosterior {
  /** The fraction of the variance that the forward step adds. */
  readonly beta: number;
  /** The weight of the clean sample in the mean of the previous sample: formula (7) of arXiv:2006.11239. */
  readonly originalSampleWeight: number;
  /** The weight of the current sample in that mean. */
  readonly sampleWeight: number;
  /** The variance of the previous sample, at least 1e-20. */
  readonly variance: number;
}

/**
 * The distribution of the previous sample, given the current and the clean sample: Ho et al. 2020 (arXiv:2006.11239),
 * formulas (6) and (7), rounded as in diffusers' scheduling_ddpm.py.
 *
 * @param alphaProd - ᾱ of the timestep.
 * @param previousAlphaProd - ᾱ of the previous timestep; 1 before the first.
 */
function ddpmPosterior(alphaProd: number, previousAlphaProd: number): DDPMPosterior {
  const betaProd = float32.sub(1, alphaProd);
  const previousBetaProd = float32.sub(1, previousAlphaProd);
  const alpha = float32.div(alphaProd, previousAlphaProd);
  const beta = float32.sub(1, alpha);
  const variance = float32.mul(float32.div(previousBetaProd, betaProd), beta);
  return {
    beta,
    originalSampleWeight: float32.div(float32.mul(float32.sqrt(previousAlphaProd), beta), betaProd),
    sampleWeight: float32.div(float32.mul(float32.sqrt(alpha), previousBetaProd), betaProd),
    variance: Math.max(variance, Math.fround(1e-20)),
  };
}

/** Applies a function to each element and rounds the result to float32 once. */
function mapElements(tensor: Tensor<"float32">, operation: (value: number) => number): Tensor<"float32"> {
  return new Tensor("float32", tensor.data.map(operation), tensor.shape);
}
