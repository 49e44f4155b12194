import { randnTensor, type Tensor } from "@onestep/core";
import { requireOneOption, requireSamples } from "../checks.ts";
import { type ConfigFieldsOf, type ConfigOptions, SchedulerSchema } from "../config/schema.ts";
import { KDiffusionSchedulerBase } from "../k-diffusion.ts";
import { ancestralLevels } from "../noise.ts";
import type { DenoisedSampleOutput, Scheduler, SetTimestepsOptions, StepOptions } from "../scheduler.ts";
import { middleSigma } from "../sigmas.ts";
import {
  type DPMSolver2Config,
  type DPMSolver2Levels,
  DPMSolver2State,
  dpmSolver2Fields,
  dpmSolver2Schedule,
  requireDPMSolver2Config,
} from "../solvers/dpm-solver-2.ts";

/** The configuration of a `KDPM2AncestralDiscreteScheduler`. */
export type KDPM2AncestralDiscreteSchedulerConfig = DPMSolver2Config;

/** Options of the `KDPM2AncestralDiscreteScheduler` constructor. */
export type KDPM2AncestralDiscreteSchedulerOptions = ConfigOptions<KDPM2AncestralDiscreteSchedulerConfig>;

/** The result of {@link KDPM2AncestralDiscreteScheduler.step}. */
export type KDPM2AncestralDiscreteSchedulerOutput = DenoisedSampleOutput;

/**
 * DPM-Solver-2 with ancestral sampling: each step goes below the next noise level, along the slope at its midpoint, and
 * returns to it by adding fresh noise. From k-diffusion's `sample_dpm_2_ancestral`. The last step is an Euler step.
 *
 * Numbers equal those of diffusers' `schedulers/scheduling_k_dpm_2_ancestral_discrete.py` on torch's CPU.
 *
 * @example
 * pipe.scheduler = KDPM2AncestralDiscreteScheduler.fromConfig(pipe.scheduler.config);
 * const { images } = await pipe.generate({ numInferenceSteps: 25, seed: 0 });
 */
export class KDPM2AncestralDiscreteScheduler
  extends KDiffusionSchedulerBase<KDPM2AncestralDiscreteSchedulerConfig>
  implements Scheduler
{
  /** Fields and defaults of diffusers' `schedulers/scheduling_k_dpm_2_ancestral_discrete.py`. */
  static override readonly schema: SchedulerSchema<ConfigFieldsOf<KDPM2AncestralDiscreteSchedulerConfig>> =
    new SchedulerSchema("KDPM2AncestralDiscreteScheduler", dpmSolver2Fields(), requireDPMSolver2Config);

  override readonly order: number = 2;
  #state: DPMSolver2State = new DPMSolver2State(this.className, []);

  constructor(options: KDPM2AncestralDiscreteSchedulerOptions = {}) {
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
   * midpoint, with noise added. Only second halves draw noise.
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
    options: StepOptions = {},
  ): KDPM2AncestralDiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const levels = this.#state.levelsAt(index, this.timesteps[index]);
    const output = this.#state.halfStep(this.config.predictionType, modelOutput, sample, levels);
    // Second halves add fresh noise to bring the sample up to the next level.
    const prevSample = this.stateInFirstOrder
      ? output.prevSample
      : output.prevSample.add(randnTensor(sample.shape, options.generator).mul(levels.sigmaUp));
    this.#state = this.#state.next(sample);
    this.run.advance(index);
    return { ...output, prevSample };
  }

  protected override inputSigma(index: number): number {
    const { sigma, sigmaInterpol } = this.#state.levelsAt(index, this.timesteps[index]);
    return this.stateInFirstOrder ? sigma : sigmaInterpol;
  }
}

function levelsOf(sigma: number, sigmaNext: number): DPMSolver2Levels {
  const { sigmaUp, sigmaDown } = ancestralLevels(sigma, sigmaNext);
  // On a logarithmic scale, the midpoint is the next level itself. If rounding leaves no level to go down to, the
  // midpoint becomes the next level; diffusers produces a NaN image.
  const sigmaInterpol = sigmaDown > 0 ? middleSigma(sigmaDown, sigma) : sigmaNext;
  return { sigma, sigmaInterpol, sigmaDown, sigmaUp };
}
