import { type Config, enumField, type Tensor } from "@onestep/core";
import {
  type BetaConfig,
  betaFields,
  createBetas,
  cumulativeAlphas,
  type OtherSpreads,
  requireBetaCount,
} from "./betas.ts";
import { refuseHalfStep, requireOneOption, requireSamples, requireTimestepCount } from "./checks.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";
import * as float32 from "./float32.ts";
import { predictOriginalAtSigma } from "./predictions.ts";
import { ScaledInputSchedulerBase } from "./scaled-input-scheduler-base.ts";
import { SigmaRun } from "./schedule-run.ts";
import type { SetTimestepsOptions, StepOptions } from "./scheduler.ts";
import {
  appendSigma,
  diffusionSchedule,
  liftTerminalAlpha,
  repeatEach,
  requireOneConversion,
  type SigmaConversionConfig,
  sigmaConversionFields,
  sigmaToTimestep,
  trainSigmas,
} from "./sigmas.ts";
import { roundHalfEven, type SpacingConfig, spacedTimesteps, spacingFields } from "./timesteps.ts";

/** The fields that {@link SigmaSchedulerBase} needs. */
type SigmaConfig = BetaConfig & SpacingConfig & { readonly rescaleBetasZeroSnr?: boolean };

/**
 * What the schedulers share that step from noise level to noise level, of samples to which noise is added and whose
 * signal is not scaled: those that come from k-diffusion.
 */
export abstract class SigmaSchedulerBase<
  Values extends SigmaConfig,
> extends ScaledInputSchedulerBase<Values> {
  /** The noise level of each timestep of training, in float32. Not to be written to. */
  protected readonly trainSigmas: Float32Array;
  /**
   * @param config - Made by the schema of the class, which has to begin a first run.
   * @param spreads - Spreads of betas besides the common ones.
   */
  protected constructor(className: string, config: Config<Values>, spreads?: OtherSpreads) {
    super(className, config);
    const alphasCumprod = cumulativeAlphas(createBetas(config, spreads));
    this.trainSigmas = trainSigmas(
      config.rescaleBetasZeroSnr === true ? liftTerminalAlpha(alphasCumprod) : alphasCumprod,
    );
  }

  /**
   * What unit-variance noise is multiplied with to become the first sample, in float32: the highest noise level σ where
   * the timesteps reach up to the last of training (`"linspace"` and `"trailing"`), `√(σ² + 1)` otherwise.
   */
  get initNoiseSigma(): number {
    let highest = 0;
    for (const sigma of this.run.sigmas) highest = Math.max(highest, sigma);
    return this.config.timestepSpacing === "leading"
      ? float32.sqrt(float32.add(float32.square(highest), 1))
      : highest;
  }

  /** `sample / √(σ² + 1)`. */
  protected scaleAt(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    return sample.div(float32.sqrt(float32.add(float32.square(sigma), 1)));
  }

  /** Begins a run. Timesteps and levels are rounded to float32. */
  protected beginRun(
    timesteps: ArrayLike<number>,
    sigmas: ArrayLike<number>,
    numInferenceSteps?: number | undefined,
  ): void {
    const rounded = Float64Array.from(timesteps, Math.fround);
    this.begin(new SigmaRun(this.className, rounded, Float32Array.from(sigmas)), numInferenceSteps);
  }

  /**
   * `numInferenceSteps` timesteps, spread by `timestepSpacing` and rounded to float32.
   *
   * @throws InvalidArgumentError where it is not a whole number of at least 1, or the spacing has fewer timesteps.
   */
  protected spacedTimesteps(numInferenceSteps: number | undefined): Float64Array {
    const maximum = this.config.timestepSpacing === "linspace" ? undefined : this.length;
    const subject = `${this.className}.setTimesteps`;
    const count = requireTimestepCount(subject, numInferenceSteps, maximum);
    return spacedTimesteps(this.length, count, this.config).map(Math.fround);
  }
}

/** The configuration that `KDPM2DiscreteScheduler` and `KDPM2AncestralDiscreteScheduler` share. */
export interface MidpointSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    SigmaConversionConfig,
    SpacingConfig {
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: "epsilon" | "v_prediction";
}

/** The fields of {@link MidpointSchedulerConfig}. */
export function midpointSchedulerFields(): ConfigFieldsOf<MidpointSchedulerConfig> {
  return {
    ...betaFields(["linear", "scaled_linear", "squaredcos_cap_v2"], "linear", [0.00085, 0.012]),
    ...sigmaConversionFields(),
    predictionType: enumField(["epsilon", "v_prediction"], "epsilon"),
    ...spacingFields("linspace"),
  };
}

/**
 * Checks what no field of {@link MidpointSchedulerConfig} can check by itself.
 *
 * @param subject - The scheduler or the file, for messages.
 * @throws InvalidConfigError where the fields contradict each other.
 */
export function requireMidpointConfig(subject: string, config: MidpointSchedulerConfig): void {
  requireBetaCount(subject, config);
  requireOneConversion(subject, config);
}

/** The noise levels that a step goes through, float32 numbers. */
export interface MidpointStep {
  /** Where it begins. */
  readonly start: number;
  /** Where the model is evaluated once more; 0 in the last step, which has no second half. */
  readonly middle: number;
  /** Where the slope there leads to. */
  readonly end: number;
  /** The level of the noise that is added at the end. */
  readonly up: number;
}

/** What a step of second order returns. */
export interface MidpointOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/** What the schedulers share that evaluate the model at the start and in the middle of each step: DPM-Solver-2. */
export abstract class MidpointSchedulerBase extends SigmaSchedulerBase<MidpointSchedulerConfig> {
  override readonly order: number = 2;
  #steps: readonly MidpointStep[] = [];
  /** The sample that the step began with whose second half is to be taken. */
  #startSample: Tensor<"float32"> | undefined;

  /** @param config - Made by the schema of the class. */
  protected constructor(className: string, config: Config<MidpointSchedulerConfig>) {
    super(className, config);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /** Whether the step to take next is the first half of one, or the last of a run. */
  get stateInFirstOrder(): boolean {
    return this.#startSample === undefined;
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread by `timestepSpacing`. In `timesteps` those in the middle
   * of the steps stand between them.
   *
   * @throws InvalidArgumentError where that is not the one option, or is out of range; the run is then as it was.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const spaced = this.spacedTimesteps(options.numInferenceSteps);
    const schedule = diffusionSchedule(spaced, this.trainSigmas, this.config);
    const sigmas = appendSigma(schedule.sigmas, 0);
    const timesteps = this.config.useKarrasSigmas
      ? schedule.timesteps.map(roundHalfEven)
      : schedule.timesteps;
    this.#steps = Array.from(timesteps, (_, index) =>
      this.planStep(sigmas[index] ?? Number.NaN, sigmas[index + 1] ?? Number.NaN),
    );
    const logSigmas = this.trainSigmas.map(Math.log);
    const interleaved = this.#steps.flatMap(({ middle }, index) => [
      Number(timesteps[index]),
      sigmaToTimestep(middle, logSigmas, Math.fround),
    ]);
    // The last step has no middle.
    this.beginRun(interleaved.slice(0, -1), [...repeatEach(sigmas, 2).slice(1), 0], timesteps.length);
    this.#startSample = undefined;
  }

  /** The step from one noise level to the next. */
  protected abstract planStep(sigma: number, nextSigma: number): MidpointStep;

  /** The noise that a step adds; called only where a second half is taken. */
  protected addStepNoise(
    sample: Tensor<"float32">,
    _up: number,
    _generator: StepOptions["generator"],
  ): Tensor<"float32"> {
    return sample;
  }

  protected override inputSigma(index: number): number {
    const { start, middle } = this.#stepAt(index);
    return this.stateInFirstOrder ? start : middle;
  }

  /** Takes half a step. */
  protected takeHalf(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions,
  ): MidpointOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const { start, middle, end, up } = this.#stepAt(index);
    const startSample = this.#startSample;
    const sigma = startSample === undefined ? start : middle;
    const { predictionType } = this.config;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const prevSample =
      startSample === undefined
        ? sample.add(derivative.mul(float32.sub(middle, start)))
        : this.addStepNoise(startSample.add(derivative.mul(float32.sub(end, start))), up, options.generator);
    this.#startSample = startSample === undefined ? sample : undefined;
    this.run.advance();
    return { prevSample, predOriginalSample };
  }

  /** The step that an index of the run belongs to: a first half is at an even index, its second half follows. */
  #stepAt(index: number): MidpointStep {
    const first = this.stateInFirstOrder ? index : index - 1;
    const step = first % 2 === 0 ? this.#steps[first / 2] : undefined;
    if (step !== undefined) return step;
    refuseHalfStep(this.className, this.timesteps[index]);
  }
}
