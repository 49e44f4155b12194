import type { Tensor } from "@onestep/core";
import { refuseIndex, requireSamples } from "../checks.ts";
import { edmSchedulers } from "../config/compatibles.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../edm.ts";
import { EDMSamplerBase, type EDMSamplerOutput } from "../edm-sampler-base.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";

const className = "EDMDDIMScheduler";

/** The configuration of an `EDMDDIMScheduler`. */
export interface EDMDDIMSchedulerConfig extends EDMSamplerConfig {}

/** What the constructor of an `EDMDDIMScheduler` takes. */
export type EDMDDIMSchedulerOptions = ConfigOptions<EDMDDIMSchedulerConfig>;

/** What {@link EDMDDIMScheduler.step} returns. */
export type EDMDDIMSchedulerOutput = EDMSamplerOutput;

/**
 * Euler's method along the probability flow of EDM, without noise: DDIM, by noise levels. With a `finalSigmasType` of
 * `"sigma_min"` it stops at the lowest level, as progressive distillation does (Salimans and Ho 2022, arXiv:2202.00512).
 *
 * Numbers equal those of the samplers `euler` and, with `"sigma_min"`, `progdist` of OpenAI's `cm/karras_diffusion.py` on
 * torch's CPU. `EDMEulerScheduler` is diffusers': it begins at `√(σ_max² + 1)`, adds noise on demand, and does not clamp.
 */
export class EDMDDIMScheduler extends EDMSamplerBase<EDMDDIMSchedulerConfig> implements Scheduler {
  /** The name of the class in files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "edm";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = edmSchedulers;

  /** The fields of its config. */
  static readonly schema: EDMSchema<ConfigFieldsOf<EDMDDIMSchedulerConfig>> = new EDMSchema(
    className,
    edmSamplerFields(),
  );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where `sigmaMin` is above `sigmaMax`.
   */
  constructor(options: EDMDDIMSchedulerOptions = {}) {
    super(className, EDMDDIMScheduler.schema.fromConfig(options));
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Takes one step along the slope `(x − D(x, σ)) / σ`.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into `scaleModelInput`, not what came out.
   * @throws InvalidArgumentError where the shapes differ, `timestep` is an index, or the run is to begin at a timestep
   * that it does not have, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: StepOptions,
  ): EDMDDIMSchedulerOutput {
    requireSamples(`${className}.step`, { modelOutput, sample });
    refuseIndex(className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const sigma = this.run.sigmaAt(index);
    const predOriginalSample = this.denoise(sample, modelOutput, sigma);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const reached = this.follow(sample, derivative, sigma, this.run.sigmaAt(index + 1));
    return { prevSample: this.leave(reached), predOriginalSample };
  }

  clone(): EDMDDIMScheduler {
    return new EDMDDIMScheduler(this.config);
  }
}
