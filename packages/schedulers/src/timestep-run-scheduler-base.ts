import type { Config } from "@onestep/core";
import { type AlphaConfig, AlphaSchedulerBase } from "./alpha-scheduler-base.ts";
import type { OtherSpreads } from "./betas.ts";
import { allTimesteps, TimestepRun } from "./schedule-run.ts";

/** What the schedulers share that step through ᾱ, and whose steps follow from their timesteps alone. */
export abstract class TimestepRunSchedulerBase<
  Values extends AlphaConfig,
> extends AlphaSchedulerBase<Values> {
  #run: TimestepRun;
  #numInferenceSteps: number | undefined;

  /**
   * @param config - Made by the schema of the class.
   * @param spreads - Spreads of betas besides the common ones.
   */
  protected constructor(className: string, config: Config<Values>, spreads?: OtherSpreads) {
    super(className, config, spreads);
    this.#run = new TimestepRun(className, allTimesteps(this.length));
  }

  /**
   * The timesteps of the run in order, whole numbers. Before `setTimesteps`: all of training. Those at which the model is
   * evaluated more than once stand there as often.
   */
  get timesteps(): Float64Array {
    return this.#run.timesteps;
  }

  get stepIndex(): number | undefined {
    return undefined;
  }

  get beginIndex(): number | undefined {
    return this.#run.beginIndex;
  }

  /** The `numInferenceSteps` of the run; `undefined` before `setTimesteps`, and where timesteps were given. */
  get numInferenceSteps(): number | undefined {
    return this.#numInferenceSteps;
  }

  /**
   * Notes the index that a caller begins with; the steps do not need it. `setTimesteps` undoes it.
   *
   * @throws InvalidArgumentError where it is not an index into `timesteps`.
   */
  setBeginIndex(beginIndex = 0): void {
    this.#run.setBeginIndex(beginIndex);
  }

  /** The run that {@link begin} began. */
  protected get run(): TimestepRun {
    return this.#run;
  }

  /** Begins a run. */
  protected begin(timesteps: Float64Array, numInferenceSteps?: number | undefined): void {
    this.#run = new TimestepRun(this.className, timesteps);
    this.#numInferenceSteps = numInferenceSteps;
  }
}
