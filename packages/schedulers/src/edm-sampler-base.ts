import type { Tensor } from "@onestep/core";
import { requireOneOption, requireTimestepCount } from "./checks.ts";
import type { EDMSamplerConfig } from "./edm.ts";
import { EDMSchedulerBase } from "./edm-scheduler-base.ts";
import * as float32 from "./float32.ts";
import type { SetTimestepsOptions } from "./scheduler.ts";
import { appendSigma, exponentialSigmas, karrasSigmasFloat32 } from "./sigmas.ts";

/** What a step of a sampler returns. */
export interface EDMSamplerOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * What the samplers of OpenAI's consistency models share (`cm/karras_diffusion.py`), which diffusers does not have:
 * noise levels in float32, and predictions of the clean sample that are clamped.
 */
export abstract class EDMSamplerBase<Values extends EDMSamplerConfig> extends EDMSchedulerBase<Values> {
  /** `sigmaMax`: what unit-variance noise is multiplied with to become the first sample. */
  override get initNoiseSigma(): number {
    return this.config.sigmaMax;
  }

  /**
   * Begins a new run, of `numInferenceSteps` (1 to 1,000,000) steps.
   *
   * @throws InvalidArgumentError where that is not the one option, or is out of range; the run is then as it was.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    requireOneOption(subject, options, ["numInferenceSteps"]);
    const count = requireTimestepCount(subject, options.numInferenceSteps);
    const { finalSigmasType } = this.config;
    const levels = finalSigmasType === "zero" ? appendSigma(this.#spread(count), 0) : this.#spread(count + 1);
    this.beginLevels(levels, count);
  }

  /**
   * Begins a run through noise levels, one for the start of each step and the one that the last leads to.
   *
   * @throws InvalidArgumentError where a level is not finite; the run is then as it was.
   */
  protected beginLevels(levels: Float32Array, count: number): void {
    this.beginRun(levels, count);
  }

  /** The prediction of the clean sample, clamped where the config says so. */
  protected denoise(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    sigma: number,
  ): Tensor<"float32"> {
    return this.#clip(this.preconditionOutputs(sample, modelOutput, sigma));
  }

  /** Ends a step: what it led to, clamped where that is the end of the run and the config says so. */
  protected leave(sample: Tensor<"float32">): Tensor<"float32"> {
    this.run.advance();
    return this.stepIndex === this.timesteps.length ? this.#clip(sample) : sample;
  }

  /** `sample` along the slope at one noise level to another, in float32. */
  protected follow(
    sample: Tensor<"float32">,
    derivative: Tensor<"float32">,
    from: number,
    to: number,
  ): Tensor<"float32"> {
    return sample.add(derivative.mul(float32.sub(to, from)));
  }

  #clip(sample: Tensor<"float32">): Tensor<"float32"> {
    return this.config.clipDenoised ? sample.clamp(-1, 1) : sample;
  }

  #spread(count: number): Float32Array {
    // A run begins at the highest level, of which an exponential schedule of one knows nothing.
    return this.config.sigmaSchedule === "karras" || count === 1
      ? karrasSigmasFloat32(count, this.config)
      : exponentialSigmas(count, this.config);
  }
}
