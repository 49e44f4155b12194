import { enumField, InvalidConfigError, type Tensor } from "@onestep/core";
import { AlphaSchedulerBase } from "../alphas.ts";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireOneOption, requireSamples, requireTrainTimestep } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import {
  type ClippingConfig,
  clippingFields,
  limitSample,
  type PredictionType,
  predictionTypes,
  predictNoise,
  predictOriginalSample,
} from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { allTimesteps, type SpacingConfig, spacingFields, wholeTimesteps } from "../timesteps.ts";

/** The configuration of a `DDIMInverseScheduler`. */
export interface DDIMInverseSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ClippingConfig,
    SpacingConfig {
  /** How a run picks its timesteps from the training timesteps; `"leading"` by default. */
  readonly timestepSpacing: "leading" | "trailing";
  /**
   * Whether the first step starts from a noise-free sample, ᾱ = 1; true by default. If false, it starts at ᾱ of
   * timestep 0. Must be false if the model predicts samples, because a predicted sample says nothing about the noise
   * there.
   */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** Options of the `DDIMInverseScheduler` constructor. */
export type DDIMInverseSchedulerOptions = ConfigOptions<DDIMInverseSchedulerConfig>;

/** The result of {@link DDIMInverseScheduler.step}. */
export type DDIMInverseSchedulerOutput = DenoisedSampleOutput;

/**
 * DDIM inversion: turns an image into the noise from which a `DDIMScheduler` approximately reproduces it. Song et al.
 * 2020 (arXiv:2010.02502), section 4.3. Create it from the config of the model's scheduler with `clipSample: false`,
 * step through `timesteps` starting from the image, then sample from the result with the same number of DDIM steps.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_ddim_inverse.py` on torch's CPU. Each step depends
 * only on its timestep, so `stepIndex` is always undefined.
 *
 * @example
 * const inverse = DDIMInverseScheduler.fromConfig(pipe.scheduler.config, { clipSample: false });
 * inverse.setTimesteps({ numInferenceSteps: 50 });
 */
export class DDIMInverseScheduler
  extends AlphaSchedulerBase<DDIMInverseSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_ddim_inverse.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DDIMInverseSchedulerConfig>> =
    new SchedulerSchema(
      "DDIMInverseScheduler",
      {
        ...betaFields(commonBetaSchedules, "linear"),
        ...clippingFields(true),
        setAlphaToOne: truthField(true),
        ...spacingFields("leading"),
        timestepSpacing: enumField(["leading", "trailing"], "leading"),
        predictionType: enumField(predictionTypes, "epsilon"),
        rescaleBetasZeroSnr: truthField(false),
      },
      requireInverseConfig,
    );

  constructor(options: DDIMInverseSchedulerOptions = {}) {
    super(options);
    this.beginRun(allTimesteps(this.length).reverse());
  }

  /** ᾱ of the sample at the start of a run: 1, or ᾱ of timestep 0 if `setAlphaToOne` is false. */
  get initialAlphaCumprod(): number {
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
    const timesteps = wholeTimesteps(subject, options.numInferenceSteps, this.config).reverse();
    this.beginRun(timesteps, options.numInferenceSteps);
  }

  /**
   * Takes one step to `timestep` from the previous timestep, which is `numTrainTimesteps` / `numInferenceSteps` lower.
   * Draws no noise.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The timestep that was passed to the model; any training timestep.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes differ, or the timestep is out of range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): DDIMInverseSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    const { predictionType } = this.config;
    const [alphaProd, nextAlphaProd] = this.#alphaProdsAround(subject, timestep);

    const unlimited = predictOriginalSample(predictionType, sample, modelOutput, alphaProd);
    const predOriginalSample = limitSample(unlimited, this.config);
    const direction = predictNoise(predictionType, sample, modelOutput, alphaProd).mul(
      float32.sqrt(float32.sub(1, nextAlphaProd)),
    );
    const prevSample = predOriginalSample.mul(float32.sqrt(nextAlphaProd)).add(direction);
    return { prevSample, predOriginalSample };
  }

  /** ᾱ of the sample and of the timestep a step leads to. */
  #alphaProdsAround(subject: string, timestep: number): [current: number, next: number] {
    const count = this.run.requireStarted();
    const next = requireTrainTimestep(subject, timestep, this.length);
    const current = next - Math.floor(this.length / count);
    const alphaProd = current >= 0 ? this.alphasCumprod[current] : this.initialAlphaCumprod;
    return [alphaProd ?? Number.NaN, this.alphasCumprod[next] ?? Number.NaN];
  }
}

function requireInverseConfig(subject: string, config: DDIMInverseSchedulerConfig): void {
  requireBetaCount(subject, config);
  if (config.predictionType !== "sample" || !config.setAlphaToOne) return;
  throw new InvalidConfigError({
    subject,
    found: "set_alpha_to_one true with prediction_type sample",
    expected:
      "a first sample with noise in it, which the model's prediction of the clean one tells from the image",
    remedy: "Set set_alpha_to_one to false.",
  });
}
