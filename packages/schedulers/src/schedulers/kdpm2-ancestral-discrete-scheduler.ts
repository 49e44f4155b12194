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
 * DPM-Solver-2 with ancestral sampling: each step goes below the next noise level, along the slope in its middle, and
 * comes up to it with fresh noise. From k-diffusion's `sample_dpm_2_ancestral`. The last step is one of Euler.
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
   * middle, with noise added, which is drawn in second halves alone.
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
    options: StepOptions = {},
  ): KDPM2AncestralDiscreteSchedulerOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const levels = this.#state.levelsAt(index, this.timesteps[index]);
    const output = this.#state.halfStep(this.config.predictionType, modelOutput, sample, levels);
    // Fresh noise brings the sample up to the next level, in second halves.
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
  // On a logarithmic scale the middle is the next level itself. Where rounding leaves no level to go down to, the middle
  // is taken for that; diffusers' image is NaN.
  const sigmaInterpol = sigmaDown > 0 ? middleSigma(sigmaDown, sigma) : sigmaNext;
  return { sigma, sigmaInterpol, sigmaDown, sigmaUp };
}
