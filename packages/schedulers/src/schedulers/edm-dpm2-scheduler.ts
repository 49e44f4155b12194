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
 * DPM-Solver-2 for EDM models, as in k-diffusion: each step follows the slope at its midpoint, chosen on a Karras
 * schedule with ρ = 3. Optional noise is added as in algorithm 2 of Karras et al. 2022 (arXiv:2206.00364).
 *
 * Produces the same numbers, and draws the same noise, as the sampler `dpm` of OpenAI's `cm/karras_diffusion.py` on
 * torch's CPU. diffusers has no such scheduler; its `KDPM2DiscreteScheduler` is for models trained on a beta schedule.
 *
 * @example
 * pipe.scheduler = EDMDPM2Scheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 18, seed: 0 });
 */
export class EDMDPM2Scheduler extends EDMSchedulerBase<EDMDPM2SchedulerConfig> implements Scheduler {
  /** The config fields. */
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
