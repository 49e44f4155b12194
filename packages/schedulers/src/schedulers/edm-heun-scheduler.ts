import type { Tensor } from "@onestep/core";
import { refuseIndex, requireSamples } from "../checks.ts";
import {
  type ChurnConfig,
  churnFields,
  type EDMSamplerConfig,
  EDMSchema,
  edmSamplerFields,
} from "../config/edm.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { EDMSchedulerBase, samplerSigmas } from "../edm.ts";
import { type SecondOrderMethod, SecondOrderSteps } from "../edm-second-order.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";

/** The configuration of an `EDMHeunScheduler`. */
export interface EDMHeunSchedulerConfig extends EDMSamplerConfig, ChurnConfig {}

/** Options of the `EDMHeunScheduler` constructor. */
export type EDMHeunSchedulerOptions = ConfigOptions<EDMHeunSchedulerConfig>;

/** The result of {@link EDMHeunScheduler.step}. */
export type EDMHeunSchedulerOutput = DenoisedSampleOutput;

const heun: SecondOrderMethod = {
  // A step to no noise has no second half: the slope there is not defined.
  secondSigma: (_sigmaHat, sigmaNext) => (sigmaNext === 0 ? undefined : sigmaNext),
  combine: (first, second) => first.add(second).div(2),
};

/**
 * Heun's method along the probability flow ODE of EDM, with noise on demand: algorithm 2 of Karras et al. 2022
 * (arXiv:2206.00364), the sampler that EDM models and the teachers of consistency models were published with. A step
 * evaluates the model at both its ends, the last one at its start alone.
 *
 * Numbers, and the noise drawn, equal those of the sampler `heun` of OpenAI's `cm/karras_diffusion.py` on torch's CPU.
 * diffusers has no such scheduler; its `HeunDiscreteScheduler` is for models that were trained on betas.
 *
 * @example
 * pipe.scheduler = EDMHeunScheduler.fromConfig(pipe.scheduler.config, { sChurn: 20, sNoise: 1.003 });
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMHeunScheduler extends EDMSchedulerBase<EDMHeunSchedulerConfig> implements Scheduler {
  /** The fields of its config. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMHeunSchedulerConfig>> = new EDMSchema(
    "EDMHeunScheduler",
    {
      ...edmSamplerFields(),
      ...churnFields(),
    },
  );

  override readonly order: number = 2;
  #steps: SecondOrderSteps;

  constructor(options: EDMHeunSchedulerOptions = {}) {
    super(options);
    this.#steps = this.#begin({ numInferenceSteps: this.length });
  }

  /** Whether the step to take next is the first half of one, or of first order. */
  get stateInFirstOrder(): boolean {
    return this.#steps.isFirstOrder;
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) steps. In `timesteps` those of the second evaluations are
   * between the others.
   *
   * @throws InvalidArgumentError if that is not the one option, or is out of range; the current run is then kept.
   */
  override setTimesteps(options: SetTimestepsOptions): void {
    this.#steps = this.#begin(options);
  }

  /**
   * The model's input at the noise level of the step to take. Begins the run at `timestep`; does not advance it. Where
   * the config says that noise is added (`sChurn`), it is added here, since the model is to see it, and {@link step}
   * goes on from there.
   *
   * @param options - With the generator that the step is given too.
   * @throws InvalidArgumentError if the run does not have its first timestep, would begin in the middle of a step, or
   * is over.
   */
  override scaleModelInput(
    sample: Tensor<"float32">,
    timestep: number,
    options: StepOptions = {},
  ): Tensor<"float32"> {
    requireSamples(`${this.className}.scaleModelInput`, { sample });
    const index = this.run.begin(timestep);
    this.reminder.noteCall();
    const churned = this.#steps.churn(sample, index, this.timesteps[index], options.generator);
    return this.preconditionInputs(churned, this.run.sigmaAt(index));
  }

  /**
   * Takes half a step: noise up to `σ̂ = σ · (1 + γ)` where there is churn, and along the slope there; or, with the
   * slope at a second noise level, again from where the step began. Each half is one of `timesteps`.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the run does not have its first
   * timestep, would begin in the middle of a step, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions = {},
  ): EDMHeunSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    refuseIndex(this.className, timestep, this.timesteps);
    const index = this.run.enter(timestep);
    this.reminder.remind();
    const denoise = (noisy: Tensor<"float32">, sigma: number) =>
      this.preconditionOutputs(noisy, modelOutput, sigma);
    const place = { index, timestep: this.timesteps[index], isLast: index === this.timesteps.length - 1 };
    const output = this.#steps.take(denoise, place, sample, options.generator);
    this.run.advance(index);
    return output;
  }

  #begin(options: SetTimestepsOptions): SecondOrderSteps {
    const levels = samplerSigmas(`${this.className}.setTimesteps`, options, this.config);
    const steps = new SecondOrderSteps(this.className, this.config, heun, levels);
    this.beginRun(steps.sigmas, steps.count, steps.sampleSigmas);
    return steps;
  }
}
