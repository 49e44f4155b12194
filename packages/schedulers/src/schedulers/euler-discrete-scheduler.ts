import { enumField, InvalidArgumentError, nullableField, randnTensor, type Tensor } from "@onestep/core";
import { type BetaConfig, betaFields, commonBetaSchedules, requireBetaCount } from "../betas.ts";
import {
  refuseIndex,
  requireOneOption,
  requireSamples,
  requireSequence,
  type SequenceRule,
} from "../checks.ts";
import { positiveField, truthField } from "../config/fields.ts";
import {
  type ConfigFieldsOf,
  type ConfigOptions,
  requireSigmaOrder,
  SchedulerSchema,
} from "../config/schema.ts";
import * as float32 from "../float32.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import { type ChurnOptions, chooseGamma } from "../noise.ts";
import { predictOriginalAtSigma } from "../predictions.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import {
  appendSigma,
  convertSchedule,
  type DiffusionSchedule,
  interpolateSigmas,
  refuseConvertedTimesteps,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
  sigmaToTimestep,
} from "../sigmas.ts";
import { allTimesteps, fractionalTimestepRule, type SpacingConfig, spacingFields } from "../timesteps.ts";

/** The configuration of an `EulerDiscreteScheduler`. */
export interface EulerDiscreteSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SigmaConversionConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. `"original_sample"` is another name for `"sample"`. */
  readonly predictionType: "epsilon" | "sample" | "original_sample" | "v_prediction";
  /**
   * Whether to interpolate noise levels between timesteps or space all levels logarithmically; `"linear"` by default.
   */
  readonly interpolationType: "linear" | "log_linear";
  /** The lowest Karras, exponential or beta sigma, above 0; null (the sigma of the last timestep) by default. */
  readonly sigmaMin: number | null;
  /** The highest Karras, exponential or beta sigma, above 0; null (the sigma of the first timestep) by default. */
  readonly sigmaMax: number | null;
  /**
   * What is passed to the model as the timestep; `"discrete"` (training timesteps) by default. `"continuous"` passes
   * `0.25 · ln σ` to models that predict velocities and has no effect for others.
   */
  readonly timestepType: "discrete" | "continuous";
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
  /** The final noise level of a run: 0, or the level of timestep 0; `"zero"` by default. */
  readonly finalSigmasType: "zero" | "sigma_min";
}

/** Options of the `EulerDiscreteScheduler` constructor. */
export type EulerDiscreteSchedulerOptions = ConfigOptions<EulerDiscreteSchedulerConfig>;

/** Options of {@link EulerDiscreteScheduler.setTimesteps}: exactly one of the three. */
export interface EulerDiscreteSetTimestepsOptions extends SetTimestepsOptions {
  /** The noise levels of the run, at least two, highest first; the last one, where the run ends, may be 0. */
  readonly sigmas?: readonly number[] | undefined;
}

/** Options of {@link EulerDiscreteScheduler.step}. */
export interface EulerDiscreteStepOptions extends StepOptions, ChurnOptions {}

/** The result of {@link EulerDiscreteScheduler.step}. */
export type EulerDiscreteSchedulerOutput = DenoisedSampleOutput;

const sigmaRule: SequenceRule = {
  expected: "noise levels, none above the one before it, above 0 all but the last",
  accepts: (value, previous = Number.MAX_VALUE) => value >= 0 && value <= previous && previous > 0,
};

/**
 * Euler steps along the probability flow ODE, with optional churn: algorithm 2 of Karras et al. 2022 (arXiv:2206.00364)
 * without its second-order correction, for models trained on a beta schedule.
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_euler_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = EulerDiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 30, seed: 0 });
 */
export class EulerDiscreteScheduler
  extends KDiffusionSchedulerBase<EulerDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_euler_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<EulerDiscreteSchedulerConfig>> =
    new SchedulerSchema(
      "EulerDiscreteScheduler",
      {
        ...betaFields(commonBetaSchedules, "linear"),
        predictionType: enumField(["epsilon", "sample", "original_sample", "v_prediction"], "epsilon"),
        interpolationType: enumField(["linear", "log_linear"], "linear"),
        ...sigmaConversionFields(),
        sigmaMin: nullableField(positiveField(1)),
        sigmaMax: nullableField(positiveField(1)),
        ...spacingFields("linspace"),
        timestepType: enumField(["discrete", "continuous"], "discrete"),
        rescaleBetasZeroSnr: truthField(false),
        finalSigmasType: enumField(["zero", "sigma_min"], "zero"),
      },
      (subject, config) => {
        requireBetaCount(subject, config);
        requireOneConversion(subject, config);
        requireSigmaOrder(subject, config);
      },
    );

  constructor(options: EulerDiscreteSchedulerOptions = {}) {
    super(options);
    this.#begin(allTimesteps(this.length), appendSigma(this.trainSigmas.toReversed(), 0));
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps, spaced according to `timestepSpacing`, of `timesteps` (0 to
   * `numTrainTimesteps` − 1, fractions allowed, strictly descending), or of `sigmas`.
   *
   * @throws InvalidArgumentError if not exactly one option is given, it is invalid, or timesteps are given although the
   * config determines the sigmas or passes noise levels to the model; the current run is kept.
   */
  setTimesteps(options: EulerDiscreteSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps", "timesteps", "sigmas"]);
    const { numInferenceSteps, timesteps, sigmas } = options;
    if (sigmas !== undefined) {
      this.#beginAtSigmas(subject, requireSequence(`${subject}: sigmas`, sigmas, sigmaRule));
      return;
    }
    if (timesteps !== undefined) refuseConvertedTimesteps(subject, this.config, this.#isContinuous);
    const chosen =
      timesteps === undefined
        ? this.spacedTimesteps(numInferenceSteps)
        : requireSequence(`${subject}: timesteps`, timesteps, fractionalTimestepRule(this.length));
    const schedule = this.#createSchedule(chosen.map(Math.fround));
    const lastSigma = this.config.finalSigmasType === "zero" ? 0 : (this.trainSigmas[0] ?? 0);
    this.#begin(schedule.timesteps, appendSigma(schedule.sigmas, lastSigma), chosen.length);
  }

  /**
   * Takes one step: adds noise up to `σ̂ = σ · (1 + γ)` if there is churn, then follows the slope
   * `(sample − predOriginalSample) / σ̂` to the next level. Draws noise only if γ > 0.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - The input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the first `timestep` is not in the run,
   * the run is over, or an option is out of range.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: EulerDiscreteStepOptions = {},
  ): EulerDiscreteSchedulerOutput {
    const subject = `${this.className}.step`;
    requireSamples(subject, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();

    const sigma = this.run.sigmaAt(index);
    const gamma = chooseGamma(subject, sigma, this.sigmas.length - 1, options);
    const sigmaHat = float32.mul(sigma, Math.fround(gamma + 1));
    let noisySample = sample;
    if (gamma > 0) {
      const noise = randnTensor(modelOutput.shape, options.generator);
      const eps = noise.mul(options.sNoise ?? 1);
      const variance = float32.sub(float32.square(sigmaHat), float32.square(sigma));
      noisySample = sample.add(eps.mul(float32.sqrt(variance)));
    }
    // 1. Compute the predicted original sample (x_0) from the sigma-scaled prediction.
    const predOriginalSample = this.#predictOriginal(noisySample, modelOutput, sigma, sigmaHat);
    // 2. Convert it to an ODE derivative.
    const derivative = noisySample.sub(predOriginalSample).div(sigmaHat);
    const dt = float32.sub(this.run.sigmaAt(index + 1), sigmaHat);
    const prevSample = noisySample.add(derivative.mul(dt));
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }

  /** Whether the model gets `0.25 · ln σ` as its timestep. */
  get #isContinuous(): boolean {
    const { timestepType, predictionType } = this.config;
    return timestepType === "continuous" && predictionType === "v_prediction";
  }

  #predictOriginal(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    sigma: number,
    sigmaHat: number,
  ): Tensor<"float32"> {
    const { predictionType } = this.config;
    if (predictionType === "original_sample") return modelOutput;
    // For velocities, diffusers uses the level before churn.
    const level = predictionType === "v_prediction" ? sigma : sigmaHat;
    return predictOriginalAtSigma(predictionType, sample, modelOutput, level);
  }

  #createSchedule(timesteps: Float64Array): DiffusionSchedule {
    return convertSchedule(
      { timesteps, sigmas: this.#interpolate(timesteps) },
      this.trainSigmas,
      this.config,
    );
  }

  #interpolate(timesteps: Float64Array): Float64Array {
    const sigmas = this.trainSigmas;
    if (this.config.interpolationType === "linear") return interpolateSigmas(timesteps, sigmas);
    const [lowest = 0, highest = 0] = [sigmas[0], sigmas.at(-1)];
    // One more level than timesteps, as in diffusers: the run ends at the lowest.
    const logarithms = float32.linspace(Math.log(highest), Math.log(lowest), timesteps.length + 1);
    return Float64Array.from(logarithms, float32.exp);
  }

  #beginAtSigmas(subject: string, sigmas: Float64Array): void {
    if (sigmas.length < 2) {
      throw new InvalidArgumentError({
        subject: `${subject}: sigmas`,
        found: "1 level",
        expected: "at least two: the first and the one to end at",
        remedy: "Add the level to end at, such as 0.",
      });
    }
    const levels = Float32Array.from(sigmas);
    const logSigmas = this.trainSigmas.map(Math.log);
    const timesteps = levels.slice(0, -1).map((sigma) => sigmaToTimestep(sigma, logSigmas, Math.fround));
    this.#begin(timesteps, levels, timesteps.length);
  }

  #begin(timesteps: ArrayLike<number>, sigmas: Float32Array, numInferenceSteps?: number): void {
    const given = this.#isContinuous
      ? sigmas.slice(0, -1).map((sigma) => float32.mul(0.25, float32.log(sigma)))
      : timesteps;
    this.beginRun(given, sigmas, numInferenceSteps);
  }
}
