import { InvalidArgumentError } from "@onestep/core";
import { findTimestepIndex } from "./find-timestep-index.ts";
import { requireBeginIndex } from "./require-begin-index.ts";

/** One run: its timesteps, and how far it has come. */
export class StepRun {
  readonly timesteps: Float64Array;
  readonly #className: string;
  #stepIndex: number | undefined;
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
   * The index of the step to take. A run that has not begun begins: at the begin index where there is one, else at
   * `timestep`. In a run that has begun `timestep` plays no part.
   *
   * @throws InvalidArgumentError where the run is to begin at a timestep that it does not have, or is over.
   */
  enter(timestep: number): number {
    this.#stepIndex ??= this.#beginIndex ?? findTimestepIndex(this.#className, timestep, this.timesteps);
    if (this.#stepIndex >= this.timesteps.length) {
      throw new InvalidArgumentError({
        subject: this.#className,
        found: `a run that has come to the end of its timesteps (${this.timesteps.length} in all)`,
        expected: "a step that is left to take",
        remedy: "Call `setTimesteps` to begin another run.",
      });
    }
    return this.#stepIndex;
  }

  /** Notes that the step which {@link enter} gave was taken. */
  advance(): void {
    if (this.#stepIndex !== undefined) this.#stepIndex += 1;
  }
}
