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
 * Ancestral sampling for EDM models, as in k-diffusion: each Euler step goes below the next noise level, then fresh
 * noise brings the sample back up to it.
 *
 * Produces the same numbers, and draws the same noise, as the sampler `ancestral` of OpenAI's `cm/karras_diffusion.py`
 * on torch's CPU. diffusers has no such scheduler; its `EulerAncestralDiscreteScheduler` is for models trained on a
 * beta schedule.
 *
 * @example
 * pipe.scheduler = EDMEulerAncestralScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMEulerAncestralScheduler
  extends EDMSchedulerBase<EDMEulerAncestralSchedulerConfig>
  implements Scheduler
{
  /** The config fields. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMEulerAncestralSchedulerConfig>> =
    new EDMSchema("EDMEulerAncestralScheduler", edmSamplerFields());

  constructor(options: EDMEulerAncestralSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Takes one step down along the slope `(x − D(x, σ)) / σ`, then adds noise. The last step also draws noise but adds
   * none.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - The input of `scaleModelInput`, not its output.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the first `timestep` is not in the run,
   * or the run is over.
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
