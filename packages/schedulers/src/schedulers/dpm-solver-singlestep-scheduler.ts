import { InvalidConfigError, randnTensor, type Tensor } from "@onestep/core";
import { requireOneOption, requireSamples } from "../checks.ts";
import { truthField } from "../config/fields.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { type DPMSolverConfig, dpmSolverFields, requireDPMSolverConfig } from "../config/solvers.ts";
import { countUnclipped, flowShift, MultistepSolverBase } from "../multistep-solver.ts";
import type { PrevSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { appendSigma } from "../sigmas.ts";
import {
  addsNoise,
  convertModelOutput,
  sigmaToAlphaSigmaT,
  singlestepDPMSolverUpdate,
  singlestepOrders,
  withoutVariance,
} from "../solvers/dpm-solver.ts";
import { solverTimesteps } from "../timesteps.ts";

/** The configuration of a `DPMSolverSinglestepScheduler`. */
export interface DPMSolverSinglestepSchedulerConfig
  extends DPMSolverConfig<"dpmsolver" | "dpmsolver++" | "sde-dpmsolver++"> {
  /** The order of the solver: the number of model evaluations per step, 1 to 3; 2 by default. */
  readonly solverOrder: number;
}

/** Options of the `DPMSolverSinglestepScheduler` constructor. */
export type DPMSolverSinglestepSchedulerOptions = ConfigOptions<DPMSolverSinglestepSchedulerConfig>;

/** Options of {@link DPMSolverSinglestepScheduler.setTimesteps}: exactly one of `numInferenceSteps` and `timesteps`. */
export interface DPMSolverSinglestepSetTimestepsOptions extends SetTimestepsOptions {
  /** Sets the flow matching shift to `e^mu`. Only with `useDynamicShifting` in the config. */
  readonly mu?: number | undefined;
}

/** The result of {@link DPMSolverSinglestepScheduler.step}. */
export type DPMSolverSinglestepSchedulerOutput = PrevSampleOutput;

/**
 * DPM-Solver and DPM-Solver++ as a singlestep method along the probability flow ODE, of up to third order: a step
 * evaluates the model up to three times, and each evaluation counts as one of `numInferenceSteps`. Lu et al. 2022
 * (arXiv:2206.00927, arXiv:2211.01095).
 *
 * Produces the same numbers as diffusers' `schedulers/scheduling_dpmsolver_singlestep.py` on torch's CPU. If the number
 * of steps is odd or the run ends at zero noise, diffusers permanently turns on `lower_order_final`; here it is on for
 * that run only, and the config does not change.
 *
 * @example
 * pipe.scheduler = DPMSolverSinglestepScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 20, seed: 0 });
 */
export class DPMSolverSinglestepScheduler
  extends MultistepSolverBase<DPMSolverSinglestepSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_dpmsolver_singlestep.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<DPMSolverSinglestepSchedulerConfig>> =
    new SchedulerSchema(
      "DPMSolverSinglestepScheduler",
      {
        ...dpmSolverFields(["dpmsolver", "dpmsolver++", "sde-dpmsolver++"], "dpmsolver++"),
        lowerOrderFinal: truthField(false),
      },
      requireSinglestepConfig,
    );

  /** The sample at the most recent first-order step, where a solver step begins. */
  #sample: Tensor<"float32"> | undefined;

  /**
   * Starts a new run of `numInferenceSteps` timesteps, evenly spaced or following the sigmas chosen in the config, or
   * of `timesteps` (whole numbers, strictly descending).
   *
   * @throws InvalidArgumentError if not exactly one of the two is given, it is out of range, timesteps are given
   * although the config determines the sigmas, or `mu` is given but the config does not use it; the current run is
   * kept.
   */
  setTimesteps(options: DPMSolverSinglestepSetTimestepsOptions): void {
    const subject = `${this.className}.setTimesteps`;
    const { mu, ...request } = options ?? {};
    requireOneOption(subject, request, ["numInferenceSteps", "timesteps"]);
    const shift = flowShift(subject, this.config, mu);
    const { timesteps, sigmas } = this.createSchedule(subject, request, shift, () => {
      const usedCount = countUnclipped(subject, this.config, this.alphasCumprod);
      const config = { ...this.config, timestepSpacing: "linspace", stepsOffset: 0 } as const;
      return solverTimesteps(subject, request.numInferenceSteps, config, usedCount);
    });
    const sigmaLast = this.config.finalSigmasType === "zero" ? 0 : (this.trainSigmas[0] ?? Number.NaN);
    this.beginRun(timesteps, appendSigma(sigmas, sigmaLast));
  }

  /**
   * Takes the part of a solver step that belongs to one model evaluation.
   *
   * @param modelOutput - float32, the shape of `sample`; twice the channels if the config's `varianceType` says the
   * model predicts a variance.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - float32 [batch, channels, …]
   * @throws InvalidArgumentError if there is no run yet, the shapes do not match, the first `timestep` is not in the
   * run, or the run is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): DPMSolverSinglestepSchedulerOutput {
    const subject = `${this.className}.step`;
    const output = withoutVariance(subject, modelOutput, sample, this.config);
    requireSamples(subject, { modelOutput: output, sample });
    this.run.requireStarted();
    const stepIndex = this.run.enter(timestep);
    const pointAt = (index: number) => sigmaToAlphaSigmaT(this.run.sigmaAt(index), this.config.useFlowSigmas);

    const sigma = this.run.sigmaAt(stepIndex);
    const converted = convertModelOutput(this.config, output, sample, pointAt(stepIndex), sigma);
    const modelOutputs = [...this.modelOutputs, converted].slice(-this.config.solverOrder);
    const noise = addsNoise(this.config.algorithmType)
      ? randnTensor(sample.shape, options.generator)
      : undefined;
    // A run that begins in the middle of a solver step has too few outputs for the full order.
    const orders = singlestepOrders(this.config, this.run.timesteps.length);
    const order = Math.min(orders[stepIndex] ?? 1, modelOutputs.length);
    const start = order === 1 ? sample : (this.#sample ?? sample);
    const update = [stepIndex, order] as const;
    const prevSample = singlestepDPMSolverUpdate(this.config, modelOutputs, start, update, pointAt, noise);
    this.modelOutputs = modelOutputs;
    this.#sample = start;
    this.run.advance(stepIndex);
    return { prevSample };
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
