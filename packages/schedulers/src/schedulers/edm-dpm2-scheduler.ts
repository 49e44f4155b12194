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
import * as float32 from "../float32.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";

/** The configuration of an `EDMDPM2Scheduler`. */
export interface EDMDPM2SchedulerConfig extends EDMSamplerConfig, ChurnConfig {}

/** Options of the `EDMDPM2Scheduler` constructor. */
export type EDMDPM2SchedulerOptions = ConfigOptions<EDMDPM2SchedulerConfig>;

/** The result of {@link EDMDPM2Scheduler.step}. */
export type EDMDPM2SchedulerOutput = DenoisedSampleOutput;

const dpm2: SecondOrderMethod = {
  secondSigma: (sigmaHat, sigmaNext) => {
    const middle = float32.add(Math.fround(sigmaHat ** (1 / 3)), Math.fround(sigmaNext ** (1 / 3))) / 2;
    return float32.mul(float32.square(middle), middle);
  },
  combine: (_first, second) => second,
};

/**
 * DPM-Solver-2 for EDM models, as in k-diffusion: each step goes by the slope in its middle, the middle being chosen on
 * a Karras schedule of ρ = 3. With noise on demand, as algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) adds it.
 *
 * Numbers, and the noise drawn, equal those of the sampler `dpm` of OpenAI's `cm/karras_diffusion.py` on torch's CPU.
 * diffusers has no such scheduler; its `KDPM2DiscreteScheduler` is for models that were trained on betas.
 *
 * @example
 * pipe.scheduler = EDMDPM2Scheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMDPM2Scheduler extends EDMSchedulerBase<EDMDPM2SchedulerConfig> implements Scheduler {
  /** The fields of its config. */
  static override readonly schema: EDMSchema<ConfigFieldsOf<EDMDPM2SchedulerConfig>> = new EDMSchema(
    "EDMDPM2Scheduler",
    {
      ...edmSamplerFields(),
      ...churnFields(),
    },
  );

  override readonly order: number = 2;
  #steps: SecondOrderSteps;

  constructor(options: EDMDPM2SchedulerOptions = {}) {
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
  ): EDMDPM2SchedulerOutput {
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
    const steps = new SecondOrderSteps(this.className, this.config, dpm2, levels);
    this.beginRun(steps.sigmas, steps.count, steps.sampleSigmas);
    return steps;
  }
}
