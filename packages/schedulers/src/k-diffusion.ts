import type { Config, Tensor } from "@onestep/core";
import { createBetas, cumulativeAlphas, type RescaledBetaConfig } from "./betas.ts";
import { requireSamples, requireTimestepCount, ScaledInputReminder } from "./checks.ts";
import type { ConfigOptions } from "./config/schema.ts";
import * as float32 from "./float32.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { ScheduleRun } from "./schedule-run.ts";
import { SchedulerBase } from "./scheduler-base.ts";
import { liftTerminalAlpha, trainSigmas } from "./sigmas.ts";
import { type SpacingConfig, spacedTimesteps } from "./timesteps.ts";

/**
 * The base of the k-diffusion schedulers for models trained on a beta schedule: a sample is the unscaled clean sample
 * plus noise of level σ, and steps move between noise levels.
 */
export abstract class KDiffusionSchedulerBase<
  Values extends RescaledBetaConfig & SpacingConfig,
> extends SchedulerBase<Values> {
  readonly noiseProcess: NoiseProcess = "betas";
  /** The noise level of each training timestep, in float32. Read-only. */
  protected readonly trainSigmas: Float32Array;
  protected readonly reminder: ScaledInputReminder = new ScaledInputReminder();

  constructor(options: ConfigOptions<Values> = {}) {
    super(options);
    const { config }: { readonly config: Config<RescaledBetaConfig> } = this;
    const alphasCumprod = cumulativeAlphas(createBetas(config));
    this.trainSigmas = trainSigmas(
      config.rescaleBetasZeroSnr ? liftTerminalAlpha(alphasCumprod) : alphasCumprod,
    );
  }

  /** The noise levels in float32: one per timestep and, after `setTimesteps`, the final one. Read-only. */
  get sigmas(): Float32Array | Float64Array {
    return this.run.sigmas;
  }

  /**
   * The standard deviation of the initial noise, in float32: the highest noise level σ if the timesteps reach the last
   * training timestep (`"linspace"` and `"trailing"`), otherwise `√(σ² + 1)`.
   */
  override get initNoiseSigma(): number {
    let highest = 0;
    for (const sigma of this.run.sigmas) highest = Math.max(highest, sigma);
    return this.config.timestepSpacing === "leading"
      ? float32.sqrt(float32.add(float32.square(highest), 1))
      : highest;
  }

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.reminder.isCalled;
  }

  /**
   * The model's input: `sample / √(σ² + 1)`, where σ is the noise level of the next step. Begins the run at `timestep`,
   * but does not advance it.
   *
   * @throws InvalidArgumentError if the run does not contain the first `timestep`, or is over.
   */
  override scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const sigma = this.inputSigma(this.run.begin(timestep));
    this.reminder.noteCall();
    return sample.div(float32.sqrt(float32.add(float32.square(sigma), 1)));
  }

  /** The noise level of the model's input at an index of the run. */
  protected inputSigma(index: number): number {
    return this.run.sigmaAt(index);
  }

  /** Begins a run. Rounds timesteps and levels to float32. */
  protected beginRun(
    timesteps: ArrayLike<number>,
    sigmas: ArrayLike<number>,
    numInferenceSteps?: number | undefined,
  ): void {
    const rounded = Float64Array.from(timesteps, Math.fround);
    this.run = new ScheduleRun(this.className, rounded, {
      sigmas: Float32Array.from(sigmas),
      numInferenceSteps,
    });
  }

  /**
   * `numInferenceSteps` timesteps, spaced by `timestepSpacing`, rounded to float32.
   *
   * @throws InvalidArgumentError if it is not a whole number of at least 1, or the spacing has fewer timesteps.
   */
  protected spacedTimesteps(numInferenceSteps: number | undefined): Float64Array {
    const maximum = this.config.timestepSpacing === "linspace" ? undefined : this.length;
    const subject = `${this.className}.setTimesteps`;
    const count = requireTimestepCount(subject, numInferenceSteps, maximum);
    return spacedTimesteps(this.length, count, this.config).map(Math.fround);
  }
}
