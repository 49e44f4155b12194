import type { Tensor } from "@onestep/core";
import { requireOneOption, requireSamples } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions } from "../scheduler.ts";
import { middleSigma } from "../sigmas.ts";
import {
  type DPMSolver2Config,
  type DPMSolver2Levels,
  DPMSolver2State,
  dpmSolver2Fields,
  dpmSolver2Schedule,
  requireDPMSolver2Config,
} from "../solvers/dpm-solver-2.ts";

/** The configuration of a `KDPM2DiscreteScheduler`. */
export type KDPM2DiscreteSchedulerConfig = DPMSolver2Config;

/** Options of the `KDPM2DiscreteScheduler` constructor. */
export type KDPM2DiscreteSchedulerOptions = ConfigOptions<KDPM2DiscreteSchedulerConfig>;

/** The result of {@link KDPM2DiscreteScheduler.step}. */
export type KDPM2DiscreteSchedulerOutput = DenoisedSampleOutput;

/**
 * DPM-Solver-2: each step follows the slope in its middle, on a logarithmic scale, which the model is evaluated for
 * once more. Lu et al. 2022 (arXiv:2206.00927), algorithm 1, and k-diffusion's `sample_dpm_2`. The last step is one of
 * Euler.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_k_dpm_2_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = KDPM2DiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 25, seed: 0 });
 */
export class KDPM2DiscreteScheduler
  extends KDiffusionSchedulerBase<KDPM2DiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_k_dpm_2_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<KDPM2DiscreteSchedulerConfig>> =
    new SchedulerSchema("KDPM2DiscreteScheduler", dpmSolver2Fields(), requireDPMSolver2Config);

  override readonly order: number = 2;
  #state: DPMSolver2State = new DPMSolver2State(this.className, []);

  constructor(options: KDPM2DiscreteSchedulerOptions = {}) {
    super(options);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /** Whether the step to take next is the first half of one, or the last of a run. */
  get stateInFirstOrder(): boolean {
    return this.#state.isFirstOrder;
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps by `timestepSpacing`. In `timesteps` those in the middle of the
   * steps are between them.
   *
   * @throws InvalidArgumentError if that is not the one option, or is out of range; the current run is then kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const spaced = this.spacedTimesteps(options.numInferenceSteps);
    const run = dpmSolver2Schedule(spaced, this.trainSigmas, this.config, levelsOf);
    this.beginRun(run.timesteps, run.sigmas, spaced.length);
    this.#state = new DPMSolver2State(this.className, run.steps);
  }

  /**
   * Takes half a step: to its middle along the slope at its start, or from its start to its end along the slope in the
   * middle.
   *
   * @param modelOutput - float32, the shape of `sample`.
   * @param timestep - The value of `timesteps` that the model was given. Only the first of a run is looked up.
   * @param sample - What went into {@link scaleModelInput}, not what came out.
   * @throws InvalidArgumentError if the shapes differ, the run does not have its first timestep, would
   * begin in the middle of a step, or is over.
   */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    _options?: object,
  ): KDPM2DiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const levels = this.#state.levelsAt(index, this.timesteps[index]);
    const output = this.#state.halfStep(this.config.predictionType, modelOutput, sample, levels);
    this.#state = this.#state.next(sample);
    this.run.advance(index);
    return output;
  }

  protected override inputSigma(index: number): number {
    const { sigma, sigmaInterpol } = this.#state.levelsAt(index, this.timesteps[index]);
    return this.stateInFirstOrder ? sigma : sigmaInterpol;
  }
}

function levelsOf(sigma: number, sigmaNext: number): DPMSolver2Levels {
  return { sigma, sigmaInterpol: middleSigma(sigma, sigmaNext), sigmaDown: sigmaNext, sigmaUp: 0 };
}
