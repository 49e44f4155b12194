import { InvalidArgumentError } from "@onestep/core";
import { findTimestepIndex, requireBeginIndex } from "./checks.ts";

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

/** One run: its timesteps, their noise levels, and how far it has come. */
export class SigmaRun extends StepRun {
  /** One noise level for each timestep, and for a run that ends at a level of its own that level too. */
  readonly sigmas: Float32Array | Float64Array;
  readonly #className: string;
  readonly #sampleSigmas: Float32Array | Float64Array;

  /**
   * @param className - The scheduler, for messages.
   * @param sampleSigmas - The levels of samples at the timesteps, where they are not those that the model is evaluated at.
   */
  constructor(
    className: string,
    timesteps: Float64Array,
    sigmas: Float32Array | Float64Array,
    sampleSigmas: Float32Array | Float64Array = sigmas,
  ) {
    super(className, timesteps);
    this.#className = className;
    this.sigmas = sigmas;
    this.#sampleSigmas = sampleSigmas;
  }

  /** The noise level at an index; past the end, the last one. */
  sigmaAt(index: number): number {
    return levelAt(this.sigmas, index);
  }

  /**
   * The noise levels to add noise of, one for each of `timesteps`. diffusers' rule: with a begin index it is the level of
   * the step that the run has come to, or will begin with; without one each timestep is looked up.
   *
   * @throws InvalidArgumentError where a timestep that is looked up is not one of the run.
   */
  sigmasToAdd(timesteps: ArrayLike<number>): number[] {
    const { beginIndex } = this;
    return Array.from(timesteps, (timestep) =>
      levelAt(
        this.#sampleSigmas,
        beginIndex === undefined
          ? findTimestepIndex(`${this.#className}.addNoise`, timestep, this.timesteps)
          : (this.stepIndex ?? beginIndex),
      ),
    );
  }
}

function levelAt(sigmas: Float32Array | Float64Array, index: number): number {
  return sigmas[Math.min(index, sigmas.length - 1)] ?? Number.NaN;
}

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
