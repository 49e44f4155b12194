import type { Config, Tensor } from "@onestep/core";
import { type BetaConfig, createBetas, cumulativeAlphas, type OtherSpreads } from "./betas.ts";
import { addNoiseByAlpha, velocityByAlpha } from "./noise.ts";
import { SchedulerBase } from "./scheduler-base.ts";

/** The fields that {@link AlphaSchedulerBase} needs. */
export type AlphaConfig = BetaConfig & { readonly rescaleBetasZeroSnr?: boolean };

/** What the schedulers share that step through ᾱ, the share of the signal that is left at a timestep. */
export abstract class AlphaSchedulerBase<Values extends AlphaConfig> extends SchedulerBase<Values> {
  readonly order: number = 1;
  /** 1: noise of unit variance is the first sample. */
  readonly initNoiseSigma: number = 1;
  /** The variance that each timestep of training adds, in float32. Not to be written to. */
  readonly betas: Float32Array;
  /** ᾱ: the share of the signal's variance that is left at each timestep of training. Not to be written to. */
  readonly alphasCumprod: Float32Array;
  /** The name of the class, for messages. */
  protected readonly className: string;

  /**
   * @param config - Made by the schema of the class.
   * @param spreads - Spreads of betas besides the common ones.
   */
  protected constructor(className: string, config: Config<Values>, spreads?: OtherSpreads) {
    super(config);
    this.className = className;
    this.betas = createBetas(config, spreads);
    this.alphasCumprod = cumulativeAlphas(this.betas);
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /** The sample as it is: nothing is scaled. */
  scaleModelInput(sample: Tensor<"float32">, _timestep?: number): Tensor<"float32"> {
    return sample;
  }

  /**
   * `√ᾱ · originalSamples + √(1 − ᾱ) · noise`: formula (4) of Ho et al. 2020 (arXiv:2006.11239).
   *
   * @param timesteps - Any of training, one for all items of the batch or one each.
   * @throws InvalidArgumentError where a timestep is out of range, or the shapes do not fit.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    return addNoiseByAlpha(this.className, this.alphasCumprod, originalSamples, noise, timesteps);
  }

  /**
   * `√ᾱ · noise − √(1 − ᾱ) · sample`: what a model for `"v_prediction"` is to predict.
   *
   * @param timesteps - Any of training, one for all items of the batch or one each.
   * @throws InvalidArgumentError where a timestep is out of range, or the shapes do not fit.
   */
  getVelocity(
    sample: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    return velocityByAlpha(this.className, this.alphasCumprod, sample, noise, timesteps);
  }
}
