import { InvalidConfigError, type Tensor } from "@onestep/core";
import { rescaleField } from "../betas.ts";
import { requireSamples } from "../checks.ts";
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
import { type ExponentialSigmasOptions, logSpacedSigmas } from "../sigmas.ts";
import { multistepOrder, multistepUpdate } from "../solvers/dpm-solver.ts";
import { type SpacingConfig, solverTimesteps, spacingFields } from "../timesteps.ts";

const className = "DPMSolverMultistepScheduler";

/** The configuration of a `DPMSolverMultistepScheduler`. An order above 3 is 3. */
export interface DPMSolverMultistepSchedulerConfig extends DPMSolverConfig, SpacingConfig {
  /** Whether the last step is one of Euler: more stable in short runs with fresh noise, less detail; false by default. */
  readonly eulerAtFinal: boolean;
  /** Whether the logarithms of signal to noise are evenly spaced (arXiv:2206.00927); false by default. */
  readonly useLuLambdas: boolean;
  /** Whether the betas are rescaled so that nothing of the signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** What the constructor of a `DPMSolverMultistepScheduler` takes. */
export type DPMSolverMultistepSchedulerOptions = ConfigOptions<DPMSolverMultistepSchedulerConfig>;

/** What {@link DPMSolverMultistepScheduler.setTimesteps} takes. */
export type DPMSolverMultistepSetTimestepsOptions = DPMSolverSetTimestepsOptions;

/** What {@link DPMSolverMultistepScheduler.step} returns. */
export type DPMSolverMultistepSchedulerOutput = DPMSolverOutput;

/** Options of {@link DPMSolverMultistepScheduler.step}. */
export interface DPMSolverMultistepStepOptions extends StepOptions {
  /** The noise of a step that adds some, in place of fresh noise; float32, the shape of the sample. */
  readonly varianceNoise?: Tensor<"float32"> | undefined;
}

/**
 * DPM-Solver and DPM-Solver++: a multistep method along the probability flow, of up to third order, or along the
 * diffusion with fresh noise. Lu et al. 2022 (arXiv:2206.00927, arXiv:2211.01095).
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_dpmsolver_multistep.py` on torch's CPU.
 */
export class DPMSolverMultistepScheduler
  extends DPMSolverSchedulerBase<DPMSolverMultistepSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_dpmsolver_multistep.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<DPMSolverMultistepSchedulerConfig>> =
    new SchedulerSchema(
      className,
      {
        ...dpmSolverFields(["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"], "dpmsolver++"),
        ...spacingFields("linspace"),
        eulerAtFinal: truthField(false),
        useLuLambdas: truthField(false),
        rescaleBetasZeroSnr: rescaleField(),
      },
      requireMultistepConfig,
    );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: DPMSolverMultistepSchedulerOptions = {}) {
    super(className, DPMSolverMultistepScheduler.schema.fromConfig(options));
  }

  /**
   * Takes one step, by the predictions of this and the last steps.
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
    options: DPMSolverMultistepStepOptions = {},
  ): DPMSolverMultistepSchedulerOutput {
    const { varianceNoise, generator } = options;
    if (varianceNoise !== undefined) requireSamples(`${className}.step`, { varianceNoise, sample });
    const { index, predictions } = this.enterStep(modelOutput, timestep, sample);
    const order = multistepOrder(this.config, index, this.timesteps.length, predictions.length);
    const prevSample = multistepUpdate(this.config, sample, {
      predictions: predictions.slice(0, order),
      levels: Array.from({ length: order }, (_, place) => this.levelAt(index - place)),
      next: this.levelAt(index + 1),
      noise: this.chooseNoise(sample, generator, varianceNoise),
    });
    this.predictions = predictions;
    this.run.advance();
    return { prevSample };
  }

  clone(): DPMSolverMultistepScheduler {
    return new DPMSolverMultistepScheduler(this.config);
  }

  protected spread(subject: string, numInferenceSteps: number | undefined, usedCount: number): Float64Array {
    return solverTimesteps(subject, numInferenceSteps, this.config, usedCount);
  }

  protected override get isSpread(): boolean {
    return this.config.useLuLambdas || super.isSpread;
  }

  protected override spreadSigmas(count: number, ends: ExponentialSigmasOptions): Float64Array | undefined {
    const { useLuLambdas, useKarrasSigmas } = this.config;
    return useLuLambdas && !useKarrasSigmas
      ? logSpacedSigmas(count, ends, Math.fround)
      : super.spreadSigmas(count, ends);
  }

  protected override get roundsConverted(): boolean {
    const { useLuLambdas, useKarrasSigmas, betaSchedule } = this.config;
    return (useLuLambdas || useKarrasSigmas) && betaSchedule !== "squaredcos_cap_v2";
  }
}

function requireMultistepConfig(subject: string, config: DPMSolverMultistepSchedulerConfig): void {
  requireDPMSolverConfig(subject, config);
  if (config.algorithmType !== "sde-dpmsolver" || config.solverOrder < 3) return;
  throw new InvalidConfigError({
    subject,
    found: `solver_order ${config.solverOrder} with algorithm_type sde-dpmsolver`,
    expected: "an order of 1 or 2 with that algorithm",
    remedy: "Set it to 2, or the algorithm to sde-dpmsolver++.",
  });
}
