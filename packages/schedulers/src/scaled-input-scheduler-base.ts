import type { Tensor } from "@onestep/core";
import { requireSamples, ScaledInputReminder } from "./checks.ts";
import { addNoise } from "./noise.ts";
import { SigmaRunSchedulerBase } from "./sigma-run-scheduler-base.ts";

/** What the schedulers share whose samples are a signal of full strength and noise, and which scale them for the model. */
export abstract class ScaledInputSchedulerBase<
  Values extends { readonly numTrainTimesteps: number },
> extends SigmaRunSchedulerBase<Values> {
  protected readonly reminder: ScaledInputReminder = new ScaledInputReminder();

  /** Whether {@link scaleModelInput} was ever called; `setTimesteps` does not reset it. */
  get isScaleInputCalled(): boolean {
    return this.reminder.isCalled;
  }

  /**
   * The model's input: `sample / √(σ² + 1)`, or `sample / √(σ² + σ_data²)` for consistency and EDM models (c_in of
   * arXiv:2206.00364, table 1), where σ is the noise level of the step to take. Begins the run at `timestep`; does not
   * advance it.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  scaleModelInput(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const sigma = this.inputSigma(this.run.begin(timestep));
    this.reminder.noteCall();
    return this.scaleAt(sample, sigma);
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
    return addNoise(`${this.className}.addNoise`, originalSamples, noise, this.run.sigmasToAdd(timesteps));
  }

  /** The noise level that the model's input has at an index of the run. */
  protected inputSigma(index: number): number {
    return this.run.sigmaAt(index);
  }

  /** A sample of this noise level as the model is to see it. */
  protected abstract scaleAt(sample: Tensor<"float32">, sigma: number): Tensor<"float32">;
}
