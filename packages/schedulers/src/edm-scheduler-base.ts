import type { Tensor } from "@onestep/core";
import { requireFinite } from "./checks.ts";
import { type EDMConfig, outputScaling, sampleDeviation, skipScaling } from "./edm.ts";
import { ScaledInputSchedulerBase } from "./scaled-input-scheduler-base.ts";
import { SigmaRun } from "./schedule-run.ts";

/**
 * What the schedulers of EDM models share: noise levels from `sigmaMax` down to `sigmaMin` in place of betas, and the
 * preconditioning of Karras et al. 2022 (arXiv:2206.00364), table 1.
 */
export abstract class EDMSchedulerBase<Values extends EDMConfig> extends ScaledInputSchedulerBase<Values> {
  /** `√(σ_max² + 1)`: what unit-variance noise is multiplied with to become the first sample. */
  get initNoiseSigma(): number {
    return Math.sqrt(this.config.sigmaMax * this.config.sigmaMax + 1);
  }

  /** `c_in(σ) · x` with `c_in = 1 / √(σ² + σ_data²)` (EDM, table 1), in float32. */
  preconditionInputs(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    const deviation = sampleDeviation(Math.fround(sigma), this.config.sigmaData, Math.fround);
    return sample.mul(Math.fround(1 / deviation));
  }

  /** `c_noise(σ) = 0.25 · ln σ` (EDM, table 1), in float32, not scaled. */
  preconditionNoise(sigma: number): number {
    return Math.fround(0.25 * Math.fround(Math.log(Math.fround(sigma))));
  }

  /**
   * The prediction of the clean sample, `D(x, σ) = c_skip(σ) · x + c_out(σ) · F` (EDM, equation 7 and table 1), in
   * float32. For `"v_prediction"` c_out has the opposite sign.
   */
  preconditionOutputs(
    sample: Tensor<"float32">,
    modelOutput: Tensor<"float32">,
    sigma: number,
  ): Tensor<"float32"> {
    const { sigmaData, predictionType } = this.config;
    const level = Math.fround(sigma);
    const sign = predictionType === "epsilon" ? 1 : -1;
    const cSkip = skipScaling(level, sigmaData, Math.fround);
    const cOut = sign * outputScaling(level, level, sigmaData, Math.fround);
    return sample.mul(cSkip).add(modelOutput.mul(cOut));
  }

  protected scaleAt(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
    return this.preconditionInputs(sample, sigma);
  }

  /**
   * Begins a run through noise levels, with a timestep of `timestepScale · 0.25 · ln σ` for each.
   *
   * @param sigmas - One for each timestep, and the one that the run ends at.
   * @param sampleSigmas - Those of samples, where they are not those that the model is evaluated at.
   * @throws InvalidArgumentError where a level is not finite; the run is then as it was.
   */
  protected beginRun(
    sigmas: Float32Array,
    numInferenceSteps?: number | undefined,
    sampleSigmas: Float32Array = sigmas,
  ): void {
    const { timestepScale } = this.config;
    const timesteps = Float64Array.from(sigmas.subarray(0, -1), (sigma) =>
      Math.fround(timestepScale * this.preconditionNoise(sigma)),
    );
    requireFinite(`${this.className}: sigmas`, sigmas);
    requireFinite(`${this.className}: timesteps`, timesteps);
    this.begin(new SigmaRun(this.className, timesteps, sigmas, sampleSigmas), numInferenceSteps);
  }
}
