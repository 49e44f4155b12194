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
 * DPM-Solver-2: each step follows the slope at its midpoint on a logarithmic scale, which takes a second model
 * evaluation. Lu et al. 2022 (arXiv:2206.00927), algorithm 1, and k-diffusion's `sample_dpm_2`. The last step is an
 * Euler step.
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

  /** Whether the next step is the first half of a step, or the last step of a run. */
  get stateInFirstOrder(): boolean {
    return this.#state.isFirstOrder;
  }

  /**
   * Starts a new run of `numInferenceSteps` timesteps, spaced by `timestepSpacing`. `timesteps` interleaves them with
   * the midpoints of the steps.
   *
   * @throws InvalidArgumentError if it is not the only option, or is out of range; the current run is kept.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const spaced = this.spacedTimesteps(options.numInferenceSteps);
    const run = dpmSolver2Schedule(spaced, this.trainSigmas, this.config, levelsOf);
    this.beginRun(run.timesteps, run.sigmas, spaced.length);
    this.#state = new DPMSolver2State(this.className, run.steps);
  }

  /**
   * Takes half a step: either to the midpoint along the slope at the start, or from start to end along the slope at the
   * midpoint.
   *
   * @param modelOutput - float32, same shape as `sample`.
   * @param timestep - The value of `timesteps` passed to the model. Only looked up on the first step of a run.
   * @param sample - The sample passed to {@link scaleModelInput}, not its result.
   * @throws InvalidArgumentError if the shapes differ, the first `timestep` is not in the run, the run would begin in
   * the middle of a step, or the run is over.
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
