import type { Config, Tensor } from "@onestep/core";
import * as float32 from "./arithmetic/float32.ts";
import type { BetaConfig } from "./betas/beta-fields.ts";
import { createBetas, type OtherSpreads } from "./betas/create-betas.ts";
import { cumulativeAlphas } from "./betas/cumulative-alphas.ts";
import { liftTerminalAlpha, trainSigmas } from "./betas/train-sigmas.ts";
import { SigmaRun } from "./run/sigma-run.ts";
import { ScaledInputSchedulerBase } from "./scaled-input-scheduler-base.ts";
import { requireTimestepCount } from "./sigmas/timestep-count.ts";
import { spacedTimesteps } from "./timesteps/spaced-timesteps.ts";
import type { SpacingConfig } from "./timesteps/spacing-fields.ts";

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
