import { enumField, InvalidArgumentError, randnTensor, type Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireFraction, requireOneOption, requireSamples, requireTrainTimestep } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import {
  type ClippingConfig,
  clippingFields,
  limitSample,
  noiseBeside,
  type PredictionType,
  predictionTypes,
  predictNoise,
  predictOriginalSample,
  type ThresholdingConfig,
  thresholdingFields,
} from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { type SpacingConfig, spacingFields, wholeTimesteps } from "../timesteps.ts";

/** The configuration of a `DDIMScheduler`. */
export interface DDIMSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ThresholdingConfig,
    ClippingConfig,
    SpacingConfig {
  /**
   * Whether the last step leads to a noise-free sample, ᾱ = 1; true by default. If false, it leads to ᾱ of timestep 0.
   */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `DDIMScheduler` constructor. */
export type DDIMSchedulerOptions = ConfigOptions<DDIMSchedulerConfig>;

/** Options of {@link DDIMScheduler.step}. */
export interface DDIMStepOptions extends StepOptions {
  /** Fraction of DDPM's noise that a step adds, 0 to 1; 0 (no noise) by default. */
  readonly eta?: number | undefined;
  /** Whether to derive the noise from the clamped prediction of the clean sample; false by default. */
  readonly useClippedModelOutput?: boolean | undefined;
  /** The noise to add if `eta` is above 0, instead of drawing it; float32, the shape of the sample. */
  readonly varianceNoise?: Tensor<"float32"> | undefined;
}

/** The result of {@link DDIMScheduler.step}. */
export type DDIMSchedulerOutput = DenoisedSampleOutput;

/**
 * Denoising diffusion implicit models: samples DDPM models in fewer steps, with optional noise. Song et al. 2020
 * (arXiv:2010.02502), formulas (12) and (16).
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_ddim.py` on torch's CPU. Each step depends only on its
 * timestep, so `stepIndex` is always undefined.
 *
 * @example
 * pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 50, seed: 0 });
 */
export class DDIMScheduler extends AlphaSchedulerBase<DDIMSchedulerConfig> implements Scheduler {
  /** Fields and defaults of diffusers' `schedulers/scheduling_ddim.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DDIMSchedulerConfig>> = new SchedulerSchema(
    "DDIMScheduler",
    {
      ...betaFields(commonBetaSchedules, "linear"),
      ...clippingFields(true),
      setAlphaToOne: truthField(true),
      ...spacingFields("leading"),
      predictionType: enumField(predictionTypes, "epsilon"),
      ...thresholdingFields(),
      rescaleBetasZeroSnr: truthField(false),
    },
    requireBetaCount,
  );

  /** ᾱ after the last step: 1, or ᾱ of timestep 0 if `setAlphaToOne` is false. */
  get finalAlphaCumprod(): number {
    return this.config.setAlphaToOne ? 1 : (this.alphasCumprod[0] ?? 1);
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps (1 to `numTrainTimesteps`), spaced according to
   * `timestepSpacing`.
   *
   * @throws InvalidArgumentError if `numInferenceSteps` is missing, out of range, or combined with another option, or
   * if `stepsOffset` leads past the last timestep; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps"]);
    const timesteps = wholeTimesteps(subject, options.numInferenceSteps, this.config);
    this.beginRun(timesteps, options.numInferenceSteps);
  }

  /**
   * Takes one step to the next timestep, `numTrainTimesteps` / `numInferenceSteps` lower. Draws noise only if `eta` is
   * above 0.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The timestep that was passed to the model; any training timestep.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, the timestep or an option is out of
   * range, or both a generator and noise are given.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: DDIMStepOptions = {},
  ): DDIMSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    const eta = requireFraction(`${subject}: eta`, options.eta ?? 0);
    const { predictionType } = this.config;
    const [alphaProd, previousAlphaProd] = this.#alphaProdsAround(subject, timestep);

    const unlimited = predictOriginalSample(predictionType, sample, modelOutput, alphaProd);
    const predOriginalSample = limitSample(unlimited, this.config);
    const predictedNoise =
      options.useClippedModelOutput === true
        ? noiseBeside(predOriginalSample, sample, alphaProd)
        : predictNoise(predictionType, sample, modelOutput, alphaProd);

    const deviation = float32.mul(Math.fround(eta), stepDeviation(alphaProd, previousAlphaProd));
    const directionVariance = float32.sub(float32.sub(1, previousAlphaProd), float32.square(deviation));
    const mean = predOriginalSample
      .mul(float32.sqrt(previousAlphaProd))
      // Rounding can make it negative.
      .add(predictedNoise.mul(float32.sqrt(Math.max(directionVariance, 0))));
    if (eta === 0) return { prevSample: mean, predOriginalSample };
    return { prevSample: mean.add(chooseNoise(subject, sample, options).mul(deviation)), predOriginalSample };
  }

  /** ᾱ of a timestep and of the timestep a step leads to. */
  #alphaProdsAround(subject: string, timestep: number): [current: number, previous: number] {
    const count = this.run.requireStarted();
    const current = requireTrainTimestep(subject, timestep, this.length);
    const previous = current - Math.floor(this.length / count);
    const previousAlphaProd = previous >= 0 ? this.alphasCumprod[previous] : this.finalAlphaCumprod;
    return [this.alphasCumprod[current] ?? Number.NaN, previousAlphaProd ?? Number.NaN];
  }
}

/** `σ = √((1 − ᾱ_prev) / (1 − ᾱ) · (1 − ᾱ / ᾱ_prev))`: formula (16) for η = 1. */
function stepDeviation(alphaProd: number, previousAlphaProd: number): number {
  const ratio = float32.div(float32.sub(1, previousAlphaProd), float32.sub(1, alphaProd));
  const beta = float32.sub(1, float32.div(alphaProd, previousAlphaProd));
  return float32.sqrt(float32.mul(ratio, beta));
}

function chooseNoise(
  subject: string,
  sample: Tensor<"float32">,
  options: DDIMStepOptions,
): Tensor<"float32"> {
  const { varianceNoise, generator } = options;
  if (varianceNoise === undefined) return randnTensor(sample.shape, generator);
  requireSamples(subject, { varianceNoise, sample });
  if (generator === undefined) return varianceNoise;
  throw new InvalidArgumentError({
    subject,
    found: "both `generator` and `varianceNoise`",
    expected: "one of the two, or none",
    remedy: "Leave one of them out.",
  });
}
