import { warn } from "@onestep/core/internal";

/** Warns once where a step is taken and the model's input was never scaled. */
export class ScaledInputReminder {
  #isCalled = false;
  #hasWarned = false;

  /** Whether {@link noteCall} was ever called. */
  get isCalled(): boolean {
    return this.#isCalled;
  }

  /** The model's input was scaled. Holds for all runs of the scheduler to come, as in diffusers. */
  noteCall(): void {
    this.#isCalled = true;
  }

  /** A step is about to be taken. */
  remind(): void {
    if (this.#isCalled || this.#hasWarned) return;
    this.#hasWarned = true;
    warn(
      "The `scale_model_input` function should be called before `step` to ensure correct denoising." +
        " Give the model what `scheduler.scaleModelInput(sample, timestep)` returns.",
    );
  }
}
