import type { Config } from "@onestep/core";
import { AlphaSchedulerBase } from "./alpha-scheduler-base.ts";
import { findTimestepIndex } from "./checks.ts";
import type { DistilledSchedulerConfig } from "./distilled.ts";
import { allTimesteps, StepRun } from "./schedule-run.ts";

/** What the schedulers of models share that were distilled to few steps: {@link AlphaSchedulerBase} and a counted run. */
export abstract class DistilledSchedulerBase<
  Values extends DistilledSchedulerConfig,
> extends AlphaSchedulerBase<Values> {
  /** The run that {@link beginRun} began. */
  protected run: StepRun;
  #numInferenceSteps: number | undefined;

  /** @param config - Made by the schema of the class. */
  protected constructor(className: string, config: Config<Values>) {
    super(className, config);
    this.run = new StepRun(className, allTimesteps(this.length));
  }

  /** The timesteps of the run in order, whole numbers. Before `setTimesteps`: all of training. */
  get timesteps(): Float64Array {
    return this.run.timesteps;
  }

  get stepIndex(): number | undefined {
    return this.run.stepIndex;
  }

  get beginIndex(): number | undefined {
    return this.run.beginIndex;
  }

  /** How many steps the run has; `undefined` before `setTimesteps`. */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /** ᾱ before the first timestep: 1, or that of timestep 0 where `setAlphaToOne` is false. */
  get finalAlphaCumprod(): number {
    return this.config.setAlphaToOne ? 1 : (this.alphasCumprod[0] ?? 1);
  }

  /**
   * Makes the run begin with this index. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.run.setBeginIndex(beginIndex);
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

  /**
   * The timestep that a step leads to from this one; −1 from the last.
   *
   * @throws InvalidArgumentError where the run does not have the timestep.
   */
  previousTimestep(timestep: number): number {
    return this.timesteps[this.indexForTimestep(timestep) + 1] ?? -1;
  }

  /** Begins a run. */
  protected beginRun(timesteps: Float64Array): void {
    this.run = new StepRun(this.className, timesteps);
    this.#numInferenceSteps = timesteps.length;
  }
}
