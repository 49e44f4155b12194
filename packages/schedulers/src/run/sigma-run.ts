import { findTimestepIndex } from "./find-timestep-index.ts";
import { StepRun } from "./step-run.ts";

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
