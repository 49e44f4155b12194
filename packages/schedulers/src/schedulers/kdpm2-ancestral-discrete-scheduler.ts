import { randnTensor, type Tensor } from "@onestep/core";
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
import { ancestralLevels } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";
import { middleSigma } from "../sigmas.ts";

const className = "KDPM2AncestralDiscreteScheduler";

/** The configuration of a `KDPM2AncestralDiscreteScheduler`. */
export type KDPM2AncestralDiscreteSchedulerConfig = MidpointSchedulerConfig;

/** What the constructor of a `KDPM2AncestralDiscreteScheduler` takes. */
export type KDPM2AncestralDiscreteSchedulerOptions = ConfigOptions<KDPM2AncestralDiscreteSchedulerConfig>;

/** What {@link KDPM2AncestralDiscreteScheduler.step} returns. */
export type KDPM2AncestralDiscreteSchedulerOutput = MidpointOutput;

/**
 * DPM-Solver-2 with ancestral sampling: each step goes below the next noise level, along the slope in its middle, and
 * comes up to it with fresh noise. From k-diffusion's `sample_dpm_2_ancestral`. The last step is one of Euler.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_k_dpm_2_ancestral_discrete.py` on torch's CPU.
 */
export class KDPM2AncestralDiscreteScheduler extends MidpointSchedulerBase implements Scheduler {
  /** The name of the class in diffusers' files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "betas";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = karrasDiffusionSchedulers;

  /** Fields and defaults of diffusers' `schedulers/scheduling_k_dpm_2_ancestral_discrete.py`. */
  static readonly schema: SchedulerSchema<ConfigFieldsOf<KDPM2AncestralDiscreteSchedulerConfig>> =
    new SchedulerSchema(className, midpointSchedulerFields(), requireMidpointConfig);

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where options contradict each other.
   */
  constructor(options: KDPM2AncestralDiscreteSchedulerOptions = {}) {
    super(className, KDPM2AncestralDiscreteScheduler.schema.fromConfig(options));
  }

  /**
   * Takes half a step: to its middle along the slope at its start, or from its start to its end along the slope in the
   * middle, with noise added, which is drawn in second halves alone.
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
  ): KDPM2AncestralDiscreteSchedulerOutput {
    return this.takeHalf(modelOutput, timestep, sample, options);
  }

  protected override planStep(sigma: number, nextSigma: number): MidpointStep {
    const { sigmaUp, sigmaDown } = ancestralLevels(sigma, nextSigma);
    // On a logarithmic scale the middle is the next level itself. Where rounding leaves no level to go down to, the
    // middle is taken for that; diffusers' image is NaN.
    const middle = sigmaDown > 0 ? middleSigma(sigmaDown, sigma) : nextSigma;
    return { start: sigma, middle, end: sigmaDown, up: sigmaUp };
  }

  protected override addStepNoise(
    sample: Tensor<"float32">,
    up: number,
    generator: StepOptions["generator"],
  ): Tensor<"float32"> {
    return sample.add(randnTensor(sample.shape, generator).mul(up));
  }

  clone(): KDPM2AncestralDiscreteScheduler {
    return new KDPM2AncestralDiscreteScheduler(this.config);
  }
}
