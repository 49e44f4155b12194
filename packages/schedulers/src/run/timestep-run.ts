import { findTimestepIndex } from "./find-timestep-index.ts";
import { requireBeginIndex } from "./require-begin-index.ts";

/** The timesteps of a run in which each step follows from its timestep alone, so that nothing has to be counted. */
export class TimestepRun {
  readonly timesteps: Float64Array;
  readonly #className: string;
  #beginIndex: number | undefined;

  /** @param className - The scheduler, for messages. */
  constructor(className: string, timesteps: Float64Array) {
    this.#className = className;
    this.timesteps = timesteps;
  }

  /** The index that a caller wants to begin with. The steps do not need it. */
  get beginIndex(): number | undefined {
    return this.#beginIndex;
  }

  /** @throws InvalidArgumentError where it is not an index into the timesteps. */
  setBeginIndex(beginIndex: number): void {
    requireBeginIndex(this.#className, beginIndex, this.timesteps.length);
    this.#beginIndex = beginIndex;
  }

  /**
   * The timestep after this one; `undefined` after the last.
   *
   * @throws InvalidArgumentError where the run does not have the timestep.
   */
  timestepAfter(timestep: number): number | undefined {
    return this.timesteps[findTimestepIndex(this.#className, timestep, this.timesteps) + 1];
  }
}

/** All timesteps of training, the highest first. */
export function allTimesteps(trainCount: number): Float64Array {
  return Float64Array.from({ length: trainCount }, (_, index) => trainCount - 1 - index);
}
