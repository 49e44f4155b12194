import { enumField, InvalidArgumentError, type Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import { requireOneOption, requireSamples } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import { type PredictionType, predictionTypes, predictOriginalAtSigma } from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import {
  appendSigma,
  diffusionSchedule,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
} from "../sigmas.ts";
import { lmsCoefficients } from "../solvers/linear-multistep.ts";
import { type SpacingConfig, spacingFields } from "../timesteps.ts";

/** The configuration of an `LMSDiscreteScheduler`. */
export interface LMSDiscreteSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SigmaConversionConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
}

/** Options of the `LMSDiscreteScheduler` constructor. */
export type LMSDiscreteSchedulerOptions = ConfigOptions<LMSDiscreteSchedulerConfig>;

/** Options of {@link LMSDiscreteScheduler.step}. The step draws no noise. */
export interface LMSDiscreteStepOptions extends StepOptions {
  /** How many slopes a step uses, 1 to 20; 4 by default. */
  readonly order?: number | undefined;
}

/** The result of {@link LMSDiscreteScheduler.step}. */
export type LMSDiscreteSchedulerOutput = DenoisedSampleOutput;

/**
 * A linear multistep method along the probability flow ODE: each step follows the polynomial through the most recent
 * slopes. From k-diffusion's `sample_lms`.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_lms_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = LMSDiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 30, seed: 0 });
 */
export class LMSDiscreteScheduler
  extends KDiffusionSchedulerBase<LMSDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_lms_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<LMSDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      "LMSDiscreteScheduler",
      {
        ...betaFields(commonBetaSchedules, "linear"),
        ...sigmaConversionFields(),
        predictionType: enumField(predictionTypes, "epsilon"),
        ...spacingFields("linspace"),
      },
      (subject, config) => {
        requireBetaCount(subject, config);
        requireOneConversion(subject, config);
      },
    );

  /** The slopes of the previous steps, newest last. */
  #derivatives: readonly Tensor<"float32">[] = [];

  constructor(options: LMSDiscreteSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps, spaced by `timestepSpacing`.
   *
   * @throws InvalidArgumentError if it is not the only option, or is out of range; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const spaced = this.spacedTimesteps(options.numInferenceSteps);
    const { timesteps, sigmas } = diffusionSchedule(spaced, this.trainSigmas, this.config);
    this.beginRun(timesteps, appendSigma(sigmas, 0), spaced.length);
    this.#derivatives = [];
  }

  /**
   * Takes one step along the slopes `(sample − predOriginalSample) / σ` of this and the previous steps.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - The sample passed to {@link scaleModelInput}, not its result.
   * @throws InvalidArgumentError if the shapes differ, the first `timestep` is not in the run, the run is over, or an
   * option is out of range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: LMSDiscreteStepOptions = {},
  ): LMSDiscreteSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    const highestOrder = requireOrder(subject, options.order ?? 4);
    const index = this.run.enter(timestep);
    this.reminder.remind();

    const sigma = this.run.sigmaAt(index);
    const { predictionType } = this.config;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const all = [...this.#derivatives, sample.sub(predOriginalSample).div(sigma)];
    const derivatives = all.slice(all.length > highestOrder ? 1 : 0);

    // As in diffusers, a run that begins in the middle counts the skipped steps, although it has no slopes for them.
    const order = Math.min(index + 1, highestOrder);
    const coefficients = lmsCoefficients(this.sigmas, index, order);
    const newestFirst = derivatives.toReversed().slice(0, order);
    const change = newestFirst
      .map((derivative, place) => derivative.mul(coefficients[place] ?? Number.NaN))
      .reduce((sum, part) => sum.add(part));
    const prevSample = sample.add(change);
    this.#derivatives = derivatives;
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }
}

function requireOrder(subject: string, order: unknown): number {
  if (Number.isInteger(order) && (order as number) >= 1 && (order as number) <= 20) return order as number;
  throw new InvalidArgumentError({
    subject: `${subject}: order`,
    found: describeValue(order),
    expected: "a whole number from 1 to 20",
    remedy: "Leave it out for 4.",
  });
}
