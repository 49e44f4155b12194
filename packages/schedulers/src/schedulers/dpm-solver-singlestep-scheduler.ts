import { InvalidConfigError, type Tensor } from "@onestep/core";
import { karrasDiffusionSchedulers } from "../config/compatibles.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { type DPMSolverConfig, dpmSolverFields, requireDPMSolverConfig } from "../config/solvers.ts";
import {
  type DPMSolverOutput,
  DPMSolverSchedulerBase,
  type DPMSolverSetTimestepsOptions,
} from "../dpm-solver-scheduler-base.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";
import { singlestepOrders, singlestepUpdate } from "../solvers/dpm-solver.ts";
import { solverTimesteps } from "../timesteps.ts";

const className = "DPMSolverSinglestepScheduler";

/** The configuration of a `DPMSolverSinglestepScheduler`. */
export interface DPMSolverSinglestepSchedulerConfig
  extends DPMSolverConfig<"dpmsolver" | "dpmsolver++" | "sde-dpmsolver++"> {
  /** The order of the solver: how often a step evaluates the model, 1 to 3; 2 by default. */
  readonly solverOrder: number;
}

/** What the constructor of a `DPMSolverSinglestepScheduler` takes. */
export type DPMSolverSinglestepSchedulerOptions = ConfigOptions<DPMSolverSinglestepSchedulerConfig>;

/** What {@link DPMSolverSinglestepScheduler.setTimesteps} takes. */
export type DPMSolverSinglestepSetTimestepsOptions = DPMSolverSetTimestepsOptions;

/** What {@link DPMSolverSinglestepScheduler.step} returns. */
export type DPMSolverSinglestepSchedulerOutput = DPMSolverOutput;

/**
 * DPM-Solver and DPM-Solver++ as a singlestep method along the probability flow, of up to third order: a step evaluates
 * the model up to three times, and each evaluation counts as one of `numInferenceSteps`. Lu et al. 2022
 * (arXiv:2206.00927, arXiv:2211.01095).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_dpmsolver_singlestep.py` on torch's CPU. Where diffusers turns
 * `lower_order_final` on for good, because the number of steps is odd or the run ends at no noise, it is here for that
 * run alone, and the config stays as it is.
 */
export class DPMSolverSinglestepScheduler
  extends DPMSolverSchedulerBase<DPMSolverSinglestepSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_dpmsolver_singlestep.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<DPMSolverSinglestepSchedulerConfig>> =
    new SchedulerSchema(
      className,
      {
        ...dpmSolverFields(["dpmsolver", "dpmsolver++", "sde-dpmsolver++"], "dpmsolver++"),
        lowerOrderFinal: truthField(false),
      },
      requireSinglestepConfig,
    );

  /** What the first evaluation of the step was made of. */
  #startSample: Tensor<"float32"> | undefined;

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: DPMSolverSinglestepSchedulerOptions = {}) {
    super(className, DPMSolverSinglestepScheduler.schema.fromConfig(options));
  }

  /**
   * Takes one evaluation's part of a step.
   *
   * @param modelOutput - float32, the shape of `sample`; twice its channels where the config's `varianceType` says that
   * the model predicts a variance.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError where there is no run yet, the shapes do not fit, or the run is to begin at a timestep
   * that it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): DPMSolverSinglestepSchedulerOutput {
    const { index, predictions } = this.enterStep(modelOutput, timestep, sample);
    const orders = singlestepOrders(this.config, this.timesteps.length);
    const order = Math.min(orders[index] ?? 1, predictions.length);
    const startSample = order === 1 ? sample : (this.#startSample ?? sample);
    const prevSample = singlestepUpdate(this.config, startSample, {
      predictions: predictions.slice(0, order),
      levels: Array.from({ length: order }, (_, place) => this.levelAt(index - place)),
      next: this.levelAt(index + 1),
      noise: this.chooseNoise(sample, options.generator),
    });
    this.#startSample = startSample;
    this.predictions = predictions;
    this.run.advance();
    return { prevSample };
  }

  clone(): DPMSolverSinglestepScheduler {
    return new DPMSolverSinglestepScheduler(this.config);
  }

  protected spread(subject: string, numInferenceSteps: number | undefined, usedCount: number): Float64Array {
    const config = { ...this.config, timestepSpacing: "linspace", stepsOffset: 0 } as const;
    return solverTimesteps(subject, numInferenceSteps, config, usedCount);
  }
}

function requireSinglestepConfig(subject: string, config: DPMSolverSinglestepSchedulerConfig): void {
  requireDPMSolverConfig(subject, config);
  if (config.solverOrder <= 3) return;
  throw new InvalidConfigError({
    subject,
    found: `solver_order ${config.solverOrder}`,
    expected: "an order of 1, 2 or 3",
    remedy: "Set it to one of them.",
  });
}
