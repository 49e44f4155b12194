import { InvalidArgumentError } from "@onestep/core";
import { findTimestepIndex } from "./find-timestep-index.ts";
import { requireBeginIndex } from "./require-begin-index.ts";

/** One run: its timesteps, and how far it has come. */
export class StepRun {
  readonly timesteps: Float64Array;
  readonly #className: string;
  #stepIndex: number | undefined;
  #entered = 0;
  #beginIndex: number | undefined;

  /** @param className - The scheduler, for messages. */
  constructor(className: string, timesteps: Float64Array) {
    this.#className = className;
    this.timesteps = timesteps;
  }

  /** The index of the step to take next; `undefined` until the run begins. */
  get stepIndex(): number | undefined {
    return this.#stepIndex;
  }

  /** The index that the run is made to begin with. */
  get beginIndex(): number | undefined {
    return this.#beginIndex;
  }

  /** @throws InvalidArgumentError where it is not an index into the timesteps. */
  setBeginIndex(beginIndex: number): void {
    requireBeginIndex(this.#className, beginIndex, this.timesteps.length);
    this.#beginIndex = beginIndex;
  }

  /**
   * The index of the step to take; {@link advance} notes that it was taken. A run that has not begun is to begin at the
   * begin index where there is one, at the start where `timestep` is the first, else at `timestep`. In a run that has
   * begun `timestep` plays no part.
   *
   * Noise levels of a steep schedule share timesteps. diffusers begins at the second of two that are equal, also where
   * they are the first of the run, and comes to the end of its levels one step before the end of the loop.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  enter(timestep: number): number {
    const index = this.#stepIndex ?? this.#beginIndex ?? this.#indexOf(timestep);
    if (index >= this.timesteps.length) {
      throw new InvalidArgumentError({
        subject: this.#className,
        found: `a run that has come to the end of its timesteps (${this.timesteps.length} in all)`,
        expected: "a step that is left to take",
        remedy: "Call `setTimesteps` to begin another run.",
      });
    }
    this.#entered = index;
    return index;
  }

  /** Begins the run, where it has not begun, and gives the index of the step to take as {@link enter} does. */
  begin(timestep: number): number {
    this.#stepIndex = this.enter(timestep);
    return this.#stepIndex;
  }

  /** Notes that the step which {@link enter} gave was taken. A step that fails is not noted, and the run is as it was. */
  advance(): void {
    this.#stepIndex = this.#entered + 1;
  }

  #indexOf(timestep: number): number {
    return timestep === this.timesteps[0] ? 0 : findTimestepIndex(this.#className, timestep, this.timesteps);
  }
}
