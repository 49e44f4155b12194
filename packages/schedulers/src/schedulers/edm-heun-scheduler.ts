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
  // A step to zero noise has no second half, because the slope is undefined there.
  secondSigma: (_sigmaHat, sigmaNext) => (sigmaNext === 0 ? undefined : sigmaNext),
  combine: (first, second) => first.add(second).div(2),
};

/**
 * Heun's method along the probability flow ODE of EDM, with optional noise: algorithm 2 of Karras et al. 2022
 * (arXiv:2206.00364), the sampler published with EDM models and with the teachers of consistency models. Each step
 * evaluates the model at both ends, the last step only at its start.
 *
 * Produces the same numbers, and draws the same noise, as the sampler `heun` of OpenAI's `cm/karras_diffusion.py` on
 * torch's CPU. diffusers has no such scheduler; its `HeunDiscreteScheduler` is for models trained on a beta schedule.
 *
 * @example
 * pipe.scheduler = EDMHeunScheduler.fromConfig(pipe.scheduler.config, { sChurn: 20, sNoise: 1.003 });
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMHeunScheduler extends EDMSchedulerBase<EDMHeunSchedulerConfig> implements Scheduler {
  /** The config fields. */
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

  /** Whether the next step is the first half of a step, or a first-order step. */
  get stateInFirstOrder(): boolean {
    return this.#steps.isFirstOrder;
  }

  /**
   * Starts a new run of `numInferenceSteps` (1 to 1,000,000) steps. The second evaluations have their own entries in
   * `timesteps`, interleaved with the first evaluations.
   *
   * @throws InvalidArgumentError if `numInferenceSteps` is missing, out of range, or combined with another option; the
   * current run is kept.
   */
  override setTimesteps(options: SetTimestepsOptions): void {
    this.#steps = this.#begin(options);
  }

  /**
   * The model's input at the noise level of the next step. Begins the run at `timestep`; does not advance it. If the
   * config enables churn (`sChurn`), the noise is added here, because the model must see it, and {@link step} continues
   * from the noisy sample.
   *
   * @param options - Pass the same generator as to `step`.
   * @throws InvalidArgumentError if the first `timestep` is not in the run or is in the middle of a step, or if the run
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
   * Takes half a step. The first half adds noise up to `σ̂ = σ · (1 + γ)` if there is churn, then follows the slope
   * there. The second half starts over from the beginning of the step, using the slope at a second noise level. Each
   * half has its own entry in `timesteps`.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value from `timesteps` passed to the model. Only the first step of a run looks it up.
   * @param sample - The input of {@link scaleModelInput}, not its output.
   * @throws InvalidArgumentError if the shapes differ, `timestep` is an index, the first `timestep` is not in the run
   * or is in the middle of a step, or the run is over.
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
