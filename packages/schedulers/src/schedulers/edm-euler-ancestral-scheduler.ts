import { randnTensor, type Tensor } from "@onestep/core";
import { refuseIndex, requireSamples } from "../checks.ts";
import { type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../config/edm.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { clipDenoised, EDMSchedulerBase } from "../edm.ts";
import * as float32 from "../float32.ts";
import { ancestralLevels } from "../noise.ts";
import type { DenoisedSampleOutput, Scheduler, StepOptions } from "../scheduler.ts";

/** The configuration of an `EDMEulerAncestralScheduler`. */
export interface EDMEulerAncestralSchedulerConfig extends EDMSamplerConfig {}

/** Options of the `EDMEulerAncestralScheduler` constructor. */
export type EDMEulerAncestralSchedulerOptions = ConfigOptions<EDMEulerAncestralSchedulerConfig>;

/** The result of {@link EDMEulerAncestralScheduler.step}. */
export type EDMEulerAncestralSchedulerOutput = DenoisedSampleOutput;

/**
 * Euler steps below the next noise level and back up to it with fresh noise, for EDM models: ancestral sampling as in
 * k-diffusion.
 *
 * Numbers, and the noise drawn, equal those of the sampler `ancestral` of OpenAI's `cm/karras_diffusion.py` on torch's
 * CPU. diffusers has no such scheduler; its `EulerAncestralDiscreteScheduler` is for models that were trained on betas.
 *
 * @example
 * pipe.scheduler = EDMEulerAncestralScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMEulerAncestralScheduler
  extends EDMSchedulerBase<EDMEulerAncestralSchedulerConfig>
  implements Scheduler
{
  /** The fields of its config. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMEulerAncestralSchedulerConfig>> =
    new EDMSchema("EDMEulerAncestralScheduler", edmSamplerFields());

  constructor(options: EDMEulerAncestralSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Takes one step down along the slope `(x − D(x, σ)) / σ`, and adds noise. Noise is drawn in the last step too, where
   * none is added.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into `scaleModelInput`, not what came out.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the run does not have its
   * first timestep, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EDMEulerAncestralSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const sigma = this.run.sigmaAt(index);
    const { sigmaDown, sigmaUp } = ancestralLevels(sigma, this.run.sigmaAt(index + 1));
    const denoised = this.preconditionOutputs(sample, modelOutput, sigma);
    const predOriginalSample = clipDenoised(denoised, this.config);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const noise = randnTensor(sample.shape, options.generator).mul(sigmaUp);
    const dt = float32.sub(sigmaDown, sigma);
    const reached = sample.add(derivative.mul(dt)).add(noise);
    const isLast = index === this.timesteps.length - 1;
    const prevSample = isLast ? clipDenoised(reached, this.config) : reached;
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }
}
