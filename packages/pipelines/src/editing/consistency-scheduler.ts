import { InvalidArgumentError, Tensor } from "@onestep/core";
import type {
  CMStochasticIterativeSchedulerConfig,
  CMStochasticIterativeSchedulerStepOptions,
  Scalings,
  Scheduler,
  SchedulerOutput,
} from "@onestep/schedulers";
import type { NoisePredictor } from "../sampling/denoise.ts";

/** The scheduler interface editing requires; `CMStochasticIterativeScheduler` implements it. */
export interface ConsistencyScheduler extends Scheduler {
  readonly config: CMStochasticIterativeSchedulerConfig;
  /** A step whose prediction can be edited. */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options?: CMStochasticIterativeSchedulerStepOptions,
  ): SchedulerOutput;
  /** The timestep of a noise level. */
  sigmaToT(sigma: number): number;
  /** The noise levels at positions from 0 (`sigmaMax`) to 1 (`sigmaMin`). */
  convertToKarras(ramp: ArrayLike<number>): Float64Array;
  /** Combines sample and model output into the prediction at a noise level. */
  getScalingsForBoundaryCondition(sigma: number): Scalings;
}

/**
 * Rejects schedulers that do not support editing.
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

/** The input of {@link predictAtSigmas}. */
export interface NoisyImages {
  readonly predict: NoisePredictor;
  readonly scheduler: ConsistencyScheduler;
  /** [batch, channels, height, width]: images from -1 to 1 plus noise at their level. */
  readonly sample: Tensor<"float32">;
  /** The noise level of each item. */
  readonly sigmas: readonly number[];
}

/**
 * The consistency function `f(x, σ)` at any noise level, even between grid points. At `sigmaMin` it is the identity.
 */
export async function predictAtSigmas({
  predict,
  scheduler,
  sample,
  sigmas,
}: NoisyImages): Promise<Tensor<"float32">> {
  const { sigmaData, clipDenoised } = scheduler.config;
  const items = sigmas.map((_, item) => sample.slice(item, item + 1));
  const inputs = items.map((item, index) => item.div(Math.hypot(sigmas[index] ?? 0, sigmaData)));
  const timestep = sigmas.map((sigma) => scheduler.sigmaToT(sigma));
  const output = await predict(Tensor.concat(inputs), timestep);
  const predictions = items.map((item, index) => {
    const { cSkip, cOut } = scheduler.getScalingsForBoundaryCondition(sigmas[index] ?? 0);
    return output
      .slice(index, index + 1)
      .mul(cOut)
      .add(item.mul(cSkip));
  });
  const denoised = Tensor.concat(predictions);
  return clipDenoised ? denoised.clamp(-1, 1) : denoised;
}
