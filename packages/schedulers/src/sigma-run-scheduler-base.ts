import type { Config } from "@onestep/core";
import { findTimestepIndex } from "./checks.ts";
import { SigmaRun } from "./schedule-run.ts";
import { SchedulerBase } from "./scheduler-base.ts";

/** What the schedulers share whose runs go from noise level to noise level. */
export abstract class SigmaRunSchedulerBase<
  Values extends { readonly numTrainTimesteps: number },
> extends SchedulerBase<Values> {
  readonly order: number = 1;
  /** The name of the class, for messages. */
  protected readonly className: string;
  #run: SigmaRun;
  #numInferenceSteps: number | undefined;

  /** @param config - Made by the schema of the class, which has to begin a first run. */
  protected constructor(className: string, config: Config<Values>) {
    super(config);
    this.className = className;
    this.#run = new SigmaRun(className, new Float64Array(), new Float32Array());
  }

  /** The timesteps to go through, in order, as the model is given them. Not to be written to. */
  get timesteps(): Float64Array {
    return this.#run.timesteps;
  }

  /** The noise levels in float32: one for each timestep, and in a run the one that it ends at. */
  get sigmas(): Float32Array | Float64Array {
    return this.#run.sigmas;
  }

  get stepIndex(): number | undefined {
    return this.#run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.#run.beginIndex;
  }

  /** `numTrainTimesteps`. */
  get length(): number {
    return this.config.numTrainTimesteps;
  }

  /**
   * How many steps the run has; `undefined` before `setTimesteps`, and where diffusers leaves it so with timesteps or
   * levels of the caller's own.
   */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /**
   * Makes the run begin with this index. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.#run.setBeginIndex(beginIndex);
  }

  /**
   * Where `timestep` stands in `timesteps`, or in `scheduleTimesteps` where given; the second place where it stands
   * there more than once.
   *
   * @throws InvalidArgumentError where it is not among them.
   */
  indexForTimestep(timestep: number, scheduleTimesteps: ArrayLike<number> = this.timesteps): number {
    return findTimestepIndex(this.className, timestep, scheduleTimesteps);
  }

  /** The run that {@link begin} began. */
  protected get run(): SigmaRun {
    return this.#run;
  }

  /** Begins a run. */
  protected begin(run: SigmaRun, numInferenceSteps?: number | undefined): void {
    this.#run = run;
    this.#numInferenceSteps = numInferenceSteps;
  }
}
