import { InvalidArgumentError, type Tensor } from "@onestep/core";
import type {
  CMStochasticIterativeSchedulerConfig,
  CMStochasticIterativeSchedulerStepOptions,
  Scalings,
  Scheduler,
  SchedulerOutput,
} from "@onestep/schedulers";

/** What editing needs of a scheduler; `CMStochasticIterativeScheduler` has it. */
export interface ConsistencyScheduler extends Scheduler {
  readonly config: CMStochasticIterativeSchedulerConfig;
  /** A step whose prediction can be edited. */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options?: CMStochasticIterativeSchedulerStepOptions,
  ): SchedulerOutput;
  /** The timestep that stands for a noise level. */
  sigmaToT(sigma: number): number;
  /** The noise levels at positions from 0 (`sigmaMax`) to 1 (`sigmaMin`). */
  convertToKarras(ramp: ArrayLike<number>): Float64Array;
  /** How sample and model output make the prediction at a noise level. */
  getScalingsForBoundaryCondition(sigma: number): Scalings;
}

/**
 * Refuses schedulers that an image cannot be edited with.
 *
 * @throws InvalidArgumentError
 */
export function requireConsistencyScheduler(scheduler: Scheduler): ConsistencyScheduler {
  if (isConsistencyScheduler(scheduler)) return scheduler;
  throw new InvalidArgumentError({
    subject: "scheduler",
    found: scheduler.constructor.name,
    expected: "CMStochasticIterativeScheduler, whose steps can be edited",
    remedy: "Set `pipe.scheduler = CMStochasticIterativeScheduler.fromConfig(pipe.scheduler.config)`.",
  });
}

function isConsistencyScheduler(scheduler: Scheduler): scheduler is ConsistencyScheduler {
  return "getScalingsForBoundaryCondition" in scheduler && "convertToKarras" in scheduler;
}
