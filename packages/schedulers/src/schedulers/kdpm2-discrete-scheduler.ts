import type { Tensor } from "@onestep/core";
import { karrasDiffusionSchedulers } from "../config/compatibles.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import {
  type MidpointOutput,
  MidpointSchedulerBase,
  type MidpointSchedulerConfig,
  type MidpointStep,
  midpointSchedulerFields,
  requireMidpointConfig,
} from "../k-diffusion.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";
import { middleSigma } from "../sigmas.ts";

const className = "KDPM2DiscreteScheduler";

/** The configuration of a `KDPM2DiscreteScheduler`. */
export type KDPM2DiscreteSchedulerConfig = MidpointSchedulerConfig;

/** What the constructor of a `KDPM2DiscreteScheduler` takes. */
export type KDPM2DiscreteSchedulerOptions = ConfigOptions<KDPM2DiscreteSchedulerConfig>;

/** What {@link KDPM2DiscreteScheduler.step} returns. */
export type KDPM2DiscreteSchedulerOutput = MidpointOutput;

/**
 * DPM-Solver-2: each step follows the slope in its middle, on a logarithmic scale, which the model is evaluated for once
 * more. Lu et al. 2022 (arXiv:2206.00927), algorithm 1, and k-diffusion's `sample_dpm_2`. The last step is one of Euler.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_k_dpm_2_discrete.py` on torch's CPU.
 */
export class KDPM2DiscreteScheduler extends MidpointSchedulerBase implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_k_dpm_2_discrete.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<KDPM2DiscreteSchedulerConfig>> = new SchedulerSchema(
    className,
    midpointSchedulerFields(),
    requireMidpointConfig,
  );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: KDPM2DiscreteSchedulerOptions = {}) {
    super(className, KDPM2DiscreteScheduler.schema.fromConfig(options));
  }

  /**
   * Takes half a step: to its middle along the slope at its start, or from its start to its end along the slope in the
   * middle.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError where the shapes differ, or the run is to begin at a timestep that it does not have or
   * in the middle of a step, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): KDPM2DiscreteSchedulerOutput {
    return this.takeHalf(modelOutput, timestep, sample, options);
  }

  protected override planStep(sigma: number, nextSigma: number): MidpointStep {
    return { start: sigma, middle: middleSigma(sigma, nextSigma), end: nextSigma, up: 0 };
  }

  clone(): KDPM2DiscreteScheduler {
    return new KDPM2DiscreteScheduler(this.config);
  }
}
