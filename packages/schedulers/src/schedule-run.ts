import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { findTimestepIndex } from "./checks.ts";

/** Optional properties of a {@link ScheduleRun}. */
export interface ScheduleRunOptions {
  /** One noise level per timestep, plus the final level if the run has a separate one. */
  readonly sigmas?: Float32Array | Float64Array;
  /** The noise levels of the samples at the timesteps, if the model is evaluated at others; `sigmas` by default. */
  readonly sampleSigmas?: Float32Array | Float64Array;
  /**
   * The requested number of steps; `undefined` before `setTimesteps`, and in the cases where diffusers leaves it unset.
   */
  readonly numInferenceSteps?: number | undefined;
}

/**
 * One run of a scheduler: its timesteps, its noise levels, and the next step.
 *
 * A step gets its index from {@link enter}, computes, and only then calls {@link advance}, so a step that throws leaves
 * the run unchanged.
 */
export class ScheduleRun {
  readonly timesteps: Float64Array;
  readonly sigmas: Float32Array | Float64Array;
  readonly numInferenceSteps: number | undefined;
  readonly #className: string;
  readonly #sampleSigmas: Float32Array | Float64Array;
  #stepIndex: number | undefined;
  #beginIndex: number | undefined;

  /** @param className - The scheduler, for error messages. */
  constructor(className: string, timesteps: Float64Array, options: ScheduleRunOptions = {}) {
    const { sigmas = new Float32Array(), sampleSigmas = sigmas, numInferenceSteps } = options;
    this.#className = className;
    this.timesteps = timesteps;
    this.sigmas = sigmas;
    this.#sampleSigmas = sampleSigmas;
    this.numInferenceSteps = numInferenceSteps;
  }

  /** The index of the next step; `undefined` until the run begins. */
  get stepIndex(): number | undefined {
    return this.#stepIndex;
  }

  /** The index of the first step, if set by the caller. */
  get beginIndex(): number | undefined {
    return this.#beginIndex;
  }

  /** @throws InvalidArgumentError unless it is an index into the timesteps. */
  setBeginIndex(beginIndex: number): void {
    const count = this.timesteps.length;
    if (!Number.isInteger(beginIndex) || beginIndex < 0 || beginIndex >= count) {
      throw new InvalidArgumentError({
        subject: `${this.#className}.setBeginIndex`,
        found: describeValue(beginIndex),
        expected: `an index into the ${count} timesteps`,
        remedy: "Call it after `setTimesteps`, with the index of the step to begin with.",
      });
    }
    this.#beginIndex = beginIndex;
  }

  /**
   * The number of steps passed to `setTimesteps`.
   *
   * @throws InvalidArgumentError if `setTimesteps` has not been called.
   */
  requireStarted(): number {
    if (this.numInferenceSteps !== undefined) return this.numInferenceSteps;
    throw new InvalidArgumentError({
      subject: `${this.#className}.step`,
      found: "no run",
      expected: "a run started by `setTimesteps`",
      remedy: "Call `scheduler.setTimesteps({ numInferenceSteps })` first.",
    });
  }

  /**
   * The index of the next step. The first step is at the begin index if there is one, at index 0 if `timestep` is the
   * first of the run, otherwise at `timestep`. Later steps follow in order, whatever their `timestep`.
   *
   * In a steep schedule, several noise levels share a timestep. diffusers begins at the second of two equal timesteps
   * even at the start of a run, and so reaches the end of its levels one step before the end of the loop.
   *
   * @throws InvalidArgumentError if the run does not contain the first `timestep`, or is over.
   */
  enter(timestep: number): number {
    const index = this.#stepIndex ?? this.#beginIndex ?? this.#indexOf(timestep);
    this.requireLeft(index);
    return index;
  }

  /** Begins the run, unless it has begun already, and returns the index of the next step, like {@link enter}. */
  begin(timestep: number): number {
    this.#stepIndex = this.enter(timestep);
    return this.#stepIndex;
  }

  /** Records that the step at `index` was taken. */
  advance(index: number): void {
    this.#stepIndex = index + 1;
  }

  /** @throws InvalidArgumentError if there is no step at `index` because the run is over. */
  requireLeft(index: number): void {
    const count = this.timesteps.length;
    if (index < count) return;
    throw new InvalidArgumentError({
      subject: this.#className,
      found: `a finished run (${count} timesteps)`,
      expected: "a run with steps left",
      remedy: "Call `setTimesteps` to start another run.",
    });
  }

  /** The noise level at an index; past the end, the final level. */
  sigmaAt(index: number): number {
    return levelAt(this.sigmas, index);
  }

  /**
   * The noise levels for `addNoise`, one per timestep. As in diffusers: with a begin index, the level of the next step;
   * without one, the level of each timestep.
   *
   * @throws InvalidArgumentError if a timestep to look up is not in the run.
   */
  sigmasToAdd(timesteps: ArrayLike<number>): number[] {
    const subject = `${this.#className}.addNoise`;
    return Array.from(timesteps, (timestep) => {
      const next = this.#beginIndex === undefined ? undefined : (this.#stepIndex ?? this.#beginIndex);
      return levelAt(this.#sampleSigmas, next ?? findTimestepIndex(subject, timestep, this.timesteps));
    });
  }

  #indexOf(timestep: number): number {
    return timestep === this.timesteps[0] ? 0 : findTimestepIndex(this.#className, timestep, this.timesteps);
  }
}

function levelAt(sigmas: Float32Array | Float64Array, index: number): number {
  return sigmas[Math.min(index, sigmas.length - 1)] ?? Number.NaN;
}
