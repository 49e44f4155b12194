import { enumField, type Tensor } from "@onestep/core";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireOneOption, requireSamples, requireSequence } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import {
  type ClippingConfig,
  clippingFields,
  limitSample,
  type PredictionType,
  predictionTypes,
  predictOriginalAtSigma,
} from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import {
  appendSigma,
  diffusionSchedule,
  refuseConvertedTimesteps,
  repeatEach,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
} from "../sigmas.ts";
import { fractionalTimestepRule, type SpacingConfig, spacingFields } from "../timesteps.ts";

/** The configuration of a `HeunDiscreteScheduler`. */
export interface HeunDiscreteSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2" | "exp">,
    SigmaConversionConfig,
    ClippingConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
}

/** Options of the `HeunDiscreteScheduler` constructor. */
export type HeunDiscreteSchedulerOptions = ConfigOptions<HeunDiscreteSchedulerConfig>;

/** The result of {@link HeunDiscreteScheduler.step}. */
export type HeunDiscreteSchedulerOutput = DenoisedSampleOutput;

/** The start of a second-order step, and the direction and length of its first half. */
interface FirstHalf {
  readonly sample: Tensor<"float32">;
  readonly derivative: Tensor<"float32">;
  readonly dt: number;
}

/**
 * Heun's method along the probability flow ODE: each step is taken twice, the second time along the mean of the slopes
 * at both ends. Algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) without churn, for models trained on a beta
 * schedule. The last step is an Euler step.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_heun_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = HeunDiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 20, seed: 0 });
 */
export class HeunDiscreteScheduler
  extends KDiffusionSchedulerBase<HeunDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_heun_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<HeunDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      "HeunDiscreteScheduler",
      {
        ...betaFields([...commonBetaSchedules, "exp"], "linear", [0.00085, 0.012]),
        predictionType: enumField(predictionTypes, "epsilon"),
        ...sigmaConversionFields(),
        ...clippingFields(false),
        ...spacingFields("linspace"),
      },
      (subject, config) => {
        requireBetaCount(subject, config);
        requireOneConversion(subject, config);
      },
    );

  override readonly order: number = 2;
  #firstHalf: FirstHalf | undefined;

  constructor(options: HeunDiscreteSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /** Whether the next step is the first half of a step, or the last step of a run. */
  get stateInFirstOrder(): boolean {
    return this.#firstHalf === undefined;
  }

  /**
   * Starts a new run from `numInferenceSteps` (spaced by `timestepSpacing`) or `timesteps` (0 to `numTrainTimesteps` −
   * 1, fractions allowed, strictly descending). In `scheduler.timesteps`, all but the first then occur twice.
   *
   * @throws InvalidArgumentError unless exactly one option is given, or if it is invalid, or if `timesteps` are given
   * and the config asks for converted sigmas; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps", "timesteps"]);
    const { numInferenceSteps, timesteps } = options;
    if (timesteps !== undefined) refuseConvertedTimesteps(subject, this.config);
    const chosen =
      timesteps === undefined
        ? this.spacedTimesteps(numInferenceSteps)
        : requireSequence(`${subject}: timesteps`, timesteps, fractionalTimestepRule(this.length));
    const schedule = diffusionSchedule(chosen.map(Math.fround), this.trainSigmas, this.config);
    this.beginRun(
      repeatEach(schedule.timesteps, 2).slice(1),
      appendSigma(repeatEach(schedule.sigmas, 2).slice(1), 0),
      chosen.length,
    );
    this.#firstHalf = undefined;
  }

  /**
   * Takes one step: first to the next noise level along the slope at the current one, then, evaluated at that level,
   * the same step again along the mean of both slopes.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - The sample passed to {@link scaleModelInput}, not its result.
   * @throws InvalidArgumentError if the shapes differ, the first `timestep` is not in the run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): HeunDiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const sigma = this.run.sigmaAt(index);
    const { predictionType } = this.config;
    const predicted = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const predOriginalSample = limitSample(predicted, this.config);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const first = this.#firstHalf;
    const dt = float32.sub(this.run.sigmaAt(index + 1), sigma);
    const prevSample =
      first === undefined
        ? sample.add(derivative.mul(dt))
        : first.sample.add(first.derivative.add(derivative).div(2).mul(first.dt));
    this.#firstHalf = first === undefined ? { sample, derivative, dt } : undefined;
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }
}
