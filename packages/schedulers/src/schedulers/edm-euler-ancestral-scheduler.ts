import { randnTensor, type Tensor } from "@onestep/core";
import { refuseIndex, requireSamples } from "../checks.ts";
import { edmSchedulers } from "../config/compatibles.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../edm.ts";
import { EDMSamplerBase, type EDMSamplerOutput } from "../edm-sampler-base.ts";
import { ancestralLevels } from "../noise.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler, StepOptions } from "../scheduler.ts";

const className = "EDMEulerAncestralScheduler";

/** The configuration of an `EDMEulerAncestralScheduler`. */
export interface EDMEulerAncestralSchedulerConfig extends EDMSamplerConfig {}

/** What the constructor of an `EDMEulerAncestralScheduler` takes. */
export type EDMEulerAncestralSchedulerOptions = ConfigOptions<EDMEulerAncestralSchedulerConfig>;

/** What {@link EDMEulerAncestralScheduler.step} returns. */
export type EDMEulerAncestralSchedulerOutput = EDMSamplerOutput;

/**
 * Euler steps below the next noise level and back up to it with fresh noise, for EDM models: ancestral sampling as in
 * k-diffusion.
 *
 * Numbers, and the noise drawn, equal those of the sampler `ancestral` of OpenAI's `cm/karras_diffusion.py` on torch's CPU.
 * diffusers has no such scheduler; its `EulerAncestralDiscreteScheduler` is for models that were trained on betas.
 */
export class EDMEulerAncestralScheduler
  extends EDMSamplerBase<EDMEulerAncestralSchedulerConfig>
  implements Scheduler
{
  /** The name of the class in files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "edm";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = edmSchedulers;

  /** The fields of its config. */
  static readonly schema: EDMSchema<ConfigFieldsOf<EDMEulerAncestralSchedulerConfig>> = new EDMSchema(
    className,
    edmSamplerFields(),
  );

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where `sigmaMin` is above `sigmaMax`.
   */
  constructor(options: EDMEulerAncestralSchedulerOptions = {}) {
    super(className, EDMEulerAncestralScheduler.schema.fromConfig(options));
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Takes one step down along the slope `(x − D(x, σ)) / σ`, and adds noise. Noise is drawn in the last step too, where
   * none is added.
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
    options: StepOptions = {},
  ): EDMEulerAncestralSchedulerOutput {
    requireSamples(`${className}.step`, { modelOutput, sample });
    refuseIndex(className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const sigma = this.run.sigmaAt(index);
    const { sigmaDown, sigmaUp } = ancestralLevels(sigma, this.run.sigmaAt(index + 1));
    const predOriginalSample = this.denoise(sample, modelOutput, sigma);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const noise = randnTensor(sample.shape, options.generator).mul(sigmaUp);
    const reached = this.follow(sample, derivative, sigma, sigmaDown).add(noise);
    return { prevSample: this.leave(reached), predOriginalSample };
  }

  clone(): EDMEulerAncestralScheduler {
    return new EDMEulerAncestralScheduler(this.config);
  }
}
