import type { Config, Tensor } from "@onestep/core";
import * as float32 from "./arithmetic/float32.ts";
import type { BetaConfig } from "./betas/beta-fields.ts";
import { createBetas, type OtherSpreads } from "./betas/create-betas.ts";
import { cumulativeAlphas } from "./betas/cumulative-alphas.ts";
import { liftTerminalAlpha, trainSigmas } from "./betas/train-sigmas.ts";
import { addNoise } from "./run/add-noise.ts";
import { findTimestepIndex } from "./run/find-timestep-index.ts";
import { requireSamples } from "./run/require-samples.ts";
import { ScaledInputReminder } from "./run/scaled-input-reminder.ts";
import { SigmaRun } from "./run/sigma-run.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import { requireTimestepCount } from "./sigmas/timestep-count.ts";
import { spacedTimesteps } from "./timesteps/spaced-timesteps.ts";
import type { SpacingConfig } from "./timesteps/spacing-fields.ts";

/** The fields that {@link SigmaSchedulerBase} needs. */
type SigmaConfig = BetaConfig & SpacingConfig & { readonly rescaleBetasZeroSnr?: boolean };

/**
 * What the schedulers share that step from noise level to noise level, of samples to which noise is added and whose
 * signal is not scaled: those that come from k-diffusion.
 */
export abstract class SigmaSchedulerBase<Values extends SigmaConfig> extends SchedulerBase<Values> {
  /** The noise level of each timestep of training, in float32. Not to be written to. */
  protected readonly trainSigmas: Float32Array;
  protected readonly reminder: ScaledInputReminder = new ScaledInputReminder();
  /** The run that {@link beginRun} began. */
  protected run: SigmaRun;
  readonly #className: string;
  #numInferenceSteps: number | undefined;

  /**
   * @param config - Made by the schema of the class, which has to begin a first run.
   * @param spreads - Spreads of betas besides the common ones.
   */
  protected constructor(className: string, config: Config<Values>, spreads?: OtherSpreads) {
    super(config);
    this.#className = className;
    const alphasCumprod = cumulativeAlphas(createBetas(config, spreads));
    this.trainSigmas = trainSigmas(
      config.rescaleBetasZeroSnr === true ? liftTerminalAlpha(alphasCumprod) : alphasCumprod,
    );
    this.run = new SigmaRun(className, new Float64Array(), new Float32Array());
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

  /** The timesteps of the run in order, each a float32 number. The model is given these. */
  get timesteps(): Float64Array {
    return this.run.timesteps;
  }

  /** The noise levels in float32: one for each timestep, and the one that the run ends at. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  get stepIndex(): number | undefined {
    return this.run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.run.beginIndex;
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /** How many steps the run has; `undefined` before `setTimesteps`. */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.reminder.isCalled;
  }

  /**
   * Makes the run begin with this index. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.run.setBeginIndex(beginIndex);
  }

  /**
   * The model's input, `sample / √(σ² + 1)`, at the noise level of the step to take. Begins the run at `timestep`; does
   * not advance it.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.#className}.scaleModelInput`, { sample });
    const sigma = this.inputSigma(this.run.enter(timestep));
    this.reminder.noteCall();
    return sample.div(float32.sqrt(float32.add(float32.square(sigma), 1)));
  }

  /**
   * `originalSamples + noise · σ`, σ the noise level of `timesteps`: values of `timesteps`, one for all items of the
   * batch or one each. After {@link setBeginIndex} it is the level of the step that the run has come to instead.
   *
   * @throws InvalidArgumentError where a timestep is not one of the run, or the shapes do not fit.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    return addNoise(`${this.#className}.addNoise`, originalSamples, noise, this.run.sigmasToAdd(timesteps));
  }

  /**
   * Where `timestep` stands in `timesteps`, or in `scheduleTimesteps` where given; the second place where it stands
   * there more than once.
   *
   * @throws InvalidArgumentError where it is not among them.
   */
  indexForTimestep(timestep: number, scheduleTimesteps: ArrayLike<number> = this.timesteps): number {
    return findTimestepIndex(this.#className, timestep, scheduleTimesteps);
  }

  /** The noise level that the model's input has at an index of the run. */
  protected inputSigma(index: number): number {
    return this.run.sigmaAt(index);
  }

  /** Begins a run. Timesteps and levels are rounded to float32. */
  protected beginRun(
    timesteps: ArrayLike<number>,
    sigmas: ArrayLike<number>,
    numInferenceSteps?: number | undefined,
  ): void {
    const rounded = Float64Array.from(timesteps, Math.fround);
    this.run = new SigmaRun(this.#className, rounded, Float32Array.from(sigmas));
    this.#numInferenceSteps = numInferenceSteps;
  }

  /**
   * `numInferenceSteps` timesteps, spread by `timestepSpacing` and rounded to float32.
   *
   * @throws InvalidArgumentError where it is not a whole number of at least 1, or the spacing has fewer timesteps.
   */
  protected spacedTimesteps(numInferenceSteps: number | undefined): Float64Array {
    const maximum = this.config.timestepSpacing === "linspace" ? undefined : this.length;
    const subject = `${this.#className}.setTimesteps`;
    const count = requireTimestepCount(subject, numInferenceSteps, maximum);
    return spacedTimesteps(this.length, count, this.config).map(Math.fround);
  }
}
