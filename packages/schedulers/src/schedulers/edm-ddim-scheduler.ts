import type { Tensor } from "@onestep/core";
import { refuseIndex, requireSamples } from "../checks.ts";
import { type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../config/edm.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { clipDenoised, EDMSchedulerBase } from "../edm.ts";
import * as float32 from "../float32.ts";
import type { DenoisedSampleOutput, Scheduler, StepOptions } from "../scheduler.ts";

/** The configuration of an `EDMDDIMScheduler`. */
export interface EDMDDIMSchedulerConfig extends EDMSamplerConfig {}

/** Options of the `EDMDDIMScheduler` constructor. */
export type EDMDDIMSchedulerOptions = ConfigOptions<EDMDDIMSchedulerConfig>;

/** The result of {@link EDMDDIMScheduler.step}. */
export type EDMDDIMSchedulerOutput = DenoisedSampleOutput;

/**
 * Euler's method along the probability flow ODE of EDM, without noise: DDIM in terms of noise levels. With a
 * `finalSigmasType` of `"sigma_min"` it stops at the lowest level, as progressive distillation does (Salimans and Ho
 * 2022, arXiv:2202.00512).
 *
 * Produces the same numbers as the samplers `euler` and, with `"sigma_min"`, `progdist` of OpenAI's
 * `cm/karras_diffusion.py` on torch's CPU. `EDMEulerScheduler` is the diffusers version: it begins at `√(σ_max² + 1)`,
 * can add noise, and does not clamp.
 *
 * @example
 * pipe.scheduler = EDMDDIMScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMDDIMScheduler extends EDMSchedulerBase<EDMDDIMSchedulerConfig> implements Scheduler {
  /** The config fields. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMDDIMSchedulerConfig>> = new EDMSchema(
    "EDMDDIMScheduler",
    edmSamplerFields(),
  );

  constructor(options: EDMDDIMSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /**
   * Takes one step along the slope `(x − D(x, σ)) / σ`.
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
    _options?: StepOptions,
  ): EDMDDIMSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const sigma = this.run.sigmaAt(index);
    const denoised = this.preconditionOutputs(sample, modelOutput, sigma);
    const predOriginalSample = clipDenoised(denoised, this.config);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const dt = float32.sub(this.run.sigmaAt(index + 1), sigma);
    const reached = sample.add(derivative.mul(dt));
    const isLast = index === this.timesteps.length - 1;
    const prevSample = isLast ? clipDenoised(reached, this.config) : reached;
    this.run.advance(index);
    return { prevSample, predOriginalSample };
  }
}
