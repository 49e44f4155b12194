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

/** How the variance of a step of DDPM is chosen. */
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
   * The variance of the noise that a step adds; `"fixed_small"` by default. `"fixed_small"` and `"fixed_small_log"` are
   * that of the posterior, `"fixed_large"` and `"fixed_large_log"` the step's β. For `"learned"` and `"learned_range"`
   * the second half of the model's channels holds it. Null in a file, as DPM-Solvers write it, is `"fixed_small"`.
   */
  readonly varianceType: DDPMVarianceType;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** Whether the betas are rescaled so that no signal is left at the last timestep; false by default. */
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
 * Numbers equal those of diffusers' `schedulers/scheduling_ddpm.py` on torch's CPU. Each step follows from its timestep
 * alone: steps may be taken in any order, and `stepIndex` is always undefined.
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
   * Starts a new run of `numInferenceSteps` timesteps (1 to `numTrainTimesteps`) by `timestepSpacing`, or of
   * `timesteps`: whole numbers from 0 to `numTrainTimesteps` − 1, strictly descending.
   *
   * @throws InvalidArgumentError if not exactly one option is given, or it breaks its rule, or `stepsOffset` leads
   * past the last timestep; the current run is then kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    this.beginRun(this.#chooseTimesteps(options), options.numInferenceSteps);
    this.#hasSetTimesteps = true;
  }

  /**
   * Takes one step: the mean of the sample before (formula (7)) and, above timestep 0, noise of the chosen variance.
   *
   * @param modelOutput - float32, the shape of `sample`; where the variance is learned twice its channels.
   * @param timestep - The timestep that the model was given: one of `timesteps`, or any of training before
   * {@link setTimesteps}.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if the shapes do not fit, or the run does not have the timestep.
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
   * The timestep that a step leads to; −1 after the last.
   *
   * @throws InvalidArgumentError if the run does not have the timestep.
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

  /** What a step's noise is multiplied with. */
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

/** A step of the diffusion process backwards, by the cumulative alphas at its two ends; all float32 numbers. */
interface DDPMPosterior {
  /** The share of the variance that the step adds on the way forwards. */
  readonly beta: number;
  /** The weight of the clean sample in the mean of the sample before: formula (7) of arXiv:2006.11239. */
  readonly originalSampleWeight: number;
  /** The weight of the current sample in it. */
  readonly sampleWeight: number;
  /** The variance of the sample before, at least 1e-20. */
  readonly variance: number;
}

/**
 * The distribution of the sample before, given the current and the clean one: Ho et al. 2020 (arXiv:2006.11239),
 * formulas (6) and (7), rounded as in diffusers' scheduling_ddpm.py.
 *
 * @param alphaProd - ᾱ of the timestep.
 * @param previousAlphaProd - ᾱ of the timestep before; 1 before the first.
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

/** A function of each element, rounded to float32 once. */
function mapElements(tensor: Tensor<"float32">, operation: (value: number) => number): Tensor<"float32"> {
  return new Tensor("float32", tensor.data.map(operation), tensor.shape);
}
