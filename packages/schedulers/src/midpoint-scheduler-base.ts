import type { Config, Tensor } from "@onestep/core";
import * as float32 from "./arithmetic/float32.ts";
import type { MidpointSchedulerConfig } from "./config/midpoint-scheduler-config.ts";
import { predictOriginalAtSigma } from "./predictions/predict-original-at-sigma.ts";
import { refuseHalfStep } from "./run/refuse-half-step.ts";
import { requireSamples } from "./run/require-samples.ts";
import type { SetTimestepsOptions, StepOptions } from "./scheduler.ts";
import { SigmaSchedulerBase } from "./sigma-scheduler-base.ts";
import { appendSigma } from "./sigmas/append-sigma.ts";
import { diffusionSchedule } from "./sigmas/diffusion-schedule.ts";
import { repeatEach } from "./sigmas/repeat-each.ts";
import { requireOneOption } from "./sigmas/require-one-option.ts";
import { sigmaToTimestep } from "./sigmas/sigma-to-timestep.ts";
import { roundHalfEven } from "./timesteps/round-half-even.ts";

/** The noise levels that a step goes through, float32 numbers. */
export interface MidpointStep {
  /** Where it begins. */
  readonly start: number;
  /** Where the model is evaluated once more; 0 in the last step, which has no second half. */
  readonly middle: number;
  /** Where the slope there leads to. */
  readonly end: number;
  /** The level of the noise that is added at the end. */
  readonly up: number;
}

/** What a step of second order returns. */
export interface MidpointOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/** What the schedulers share that evaluate the model at the start and in the middle of each step: DPM-Solver-2. */
export abstract class MidpointSchedulerBase extends SigmaSchedulerBase<MidpointSchedulerConfig> {
  override readonly order: number = 2;
  #steps: readonly MidpointStep[] = [];
  /** The sample that the step began with whose second half is to be taken. */
  #startSample: Tensor<"float32"> | undefined;

  /** @param config - Made by the schema of the class. */
  protected constructor(className: string, config: Config<MidpointSchedulerConfig>) {
    super(className, config);
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  /** Whether the step to take next is the first half of one, or the last of a run. */
  get stateInFirstOrder(): boolean {
    return this.#startSample === undefined;
  }

  /**
   * Begins a new run, of `numInferenceSteps` timesteps spread by `timestepSpacing`. In `timesteps` those in the middle
   * of the steps stand between them.
   *
   * @throws InvalidArgumentError where that is not the one option, or is out of range; the run is then as it was.
   */
  setTimesteps(options: SetTimestepsOptions): void {
    requireOneOption(`${this.className}.setTimesteps`, options, ["numInferenceSteps"]);
    const spaced = this.spacedTimesteps(options.numInferenceSteps);
    const schedule = diffusionSchedule(spaced, this.trainSigmas, this.config);
    const sigmas = appendSigma(schedule.sigmas, 0);
    const timesteps = this.config.useKarrasSigmas
      ? schedule.timesteps.map(roundHalfEven)
      : schedule.timesteps;
    this.#steps = Array.from(timesteps, (_, index) =>
      this.planStep(sigmas[index] ?? Number.NaN, sigmas[index + 1] ?? Number.NaN),
    );
    const logSigmas = this.trainSigmas.map(Math.log);
    const interleaved = this.#steps.flatMap(({ middle }, index) => [
      Number(timesteps[index]),
      sigmaToTimestep(middle, logSigmas, Math.fround),
    ]);
    // The last step has no middle.
    this.beginRun(interleaved.slice(0, -1), [...repeatEach(sigmas, 2).slice(1), 0], timesteps.length);
    this.#startSample = undefined;
  }

  /** The step from one noise level to the next. */
  protected abstract planStep(sigma: number, nextSigma: number): MidpointStep;

  /** The noise that a step adds; called only where a second half is taken. */
  protected addStepNoise(
    sample: Tensor<"float32">,
    _up: number,
    _generator: StepOptions["generator"],
  ): Tensor<"float32"> {
    return sample;
  }

  protected override inputSigma(index: number): number {
    const { start, middle } = this.#stepAt(index);
    return this.stateInFirstOrder ? start : middle;
  }

  /** Takes half a step. */
  protected takeHalf(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options: StepOptions,
  ): MidpointOutput {
    requireSamples(`${this.className}.step`, { modelOutput, sample });
    const index = this.run.enter(timestep);
    const { start, middle, end, up } = this.#stepAt(index);
    const startSample = this.#startSample;
    const sigma = startSample === undefined ? start : middle;
    const { predictionType } = this.config;
    const predOriginalSample = predictOriginalAtSigma(predictionType, sample, modelOutput, sigma);
    const derivative = sample.sub(predOriginalSample).div(sigma);
    const prevSample =
      startSample === undefined
        ? sample.add(derivative.mul(float32.sub(middle, start)))
        : this.addStepNoise(startSample.add(derivative.mul(float32.sub(end, start))), up, options.generator);
    this.#startSample = startSample === undefined ? sample : undefined;
    this.run.advance();
    return { prevSample, predOriginalSample };
  }

  /** The step that an index of the run belongs to: a first half is at an even index, its second half follows. */
  #stepAt(index: number): MidpointStep {
    const first = this.stateInFirstOrder ? index : index - 1;
    const step = first % 2 === 0 ? this.#steps[first / 2] : undefined;
    if (step !== undefined) return step;
    refuseHalfStep(this.className, this.timesteps[index]);
  }
}
