import type { Config, Tensor } from "@onestep/core";
import { createBetas, cumulativeAlphas, type RescaledBetaConfig } from "./betas.ts";
import { requireTrainTimestep } from "./checks.ts";
import type { ConfigOptions } from "./config/schema.ts";
import * as float32 from "./float32.ts";
import { combineItems, type Weights } from "./noise.ts";
import type { NoiseProcess } from "./noise-process.ts";
import { ScheduleRun } from "./schedule-run.ts";
import { SchedulerBase } from "./scheduler-base.ts";

/**
 * The base of the schedulers that step through ᾱ (alphas_cumprod), the fraction of the signal's variance left at a
 * timestep: DDPM and its relatives.
 */
export abstract class AlphaSchedulerBase<Values extends RescaledBetaConfig> extends SchedulerBase<Values> {
  readonly noiseProcess: NoiseProcess = "betas";
  /** The variance added at each training timestep, in float32. Read-only. */
  readonly betas: Float32Array;
  /** ᾱ: the fraction of the signal's variance left at each training timestep. Read-only. */
  readonly alphasCumprod: Float32Array;

  constructor(options: ConfigOptions<Values> = {}) {
    super(options);
    const { config }: { readonly config: Config<RescaledBetaConfig> } = this;
    this.betas = createBetas(config);
    this.alphasCumprod = cumulativeAlphas(this.betas);
  }

  /**
   * `√ᾱ · originalSamples + √(1 − ᾱ) · noise`: equation (4) of Ho et al. 2020 (arXiv:2006.11239).
   *
   * @param timesteps - Any training timesteps; either one for the whole batch or one per item.
   * @throws InvalidArgumentError if a timestep is out of range, or the shapes do not match.
   */
  override addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const subject = `${this.className}.addNoise`;
    return combineItems(subject, { originalSamples, noise }, this.#weightsAt(subject, timesteps));
  }

  /**
   * `√ᾱ · noise − √(1 − ᾱ) · sample`: the training target of a `"v_prediction"` model (Salimans and Ho 2022,
   * arXiv:2202.00512, appendix D).
   *
   * @param timesteps - Any training timesteps; either one for the whole batch or one per item.
   * @throws InvalidArgumentError if a timestep is out of range, or the shapes do not match.
   */
  getVelocity(
    sample: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32"> {
    const subject = `${this.className}.getVelocity`;
    const weights = this.#weightsAt(subject, timesteps);
    return combineItems(
      subject,
      { noise, sample },
      weights.map(([signal, deviation]) => [signal, -deviation]),
    );
  }

  /** Begins a run. */
  protected beginRun(timesteps: Float64Array, numInferenceSteps?: number | undefined): void {
    this.run = new ScheduleRun(this.className, timesteps, { numInferenceSteps });
  }

  #weightsAt(subject: string, timesteps: ArrayLike<number>): Weights[] {
    return Array.from(timesteps, (timestep) => {
      const alphaProd =
        this.alphasCumprod[requireTrainTimestep(subject, timestep, this.length)] ?? Number.NaN;
      return [float32.sqrt(alphaProd), float32.sqrt(float32.sub(1, alphaProd))];
    });
  }
}
