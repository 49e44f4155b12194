import type { Generator, Tensor } from "@onestep/core";
import type { UploadFile } from "@onestep/hub";
import type { NoiseProcess } from "./noise-process.ts";

/** The file that holds a scheduler's configuration, named as in diffusers. */
export const schedulerConfigName = "scheduler_config.json";

/** Options of {@link Scheduler.setTimesteps}: pass exactly one of the two. */
export interface SetTimestepsOptions {
  /** The number of steps, at least 1. The scheduler chooses the timesteps. */
  readonly numInferenceSteps?: number | undefined;
  /** Explicit timesteps, in the scheduler's own units, descending. Not supported by every scheduler. */
  readonly timesteps?: readonly number[] | undefined;
}

/** Options of {@link Scheduler.step}. */
export interface StepOptions {
  /**
   * The source of a stochastic scheduler's noise: one generator, or one per item of the batch. Without it, a random
   * seed is used.
   */
  readonly generator?: Generator | readonly Generator[] | undefined;
}

/** The result of a step. */
export interface SchedulerOutput {
  /** The sample for the next step; same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample, if the scheduler provides one. */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** The result of a step without a prediction of the clean sample. */
export interface PrevSampleOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/** The result of a step with a prediction of the clean sample. */
export interface DenoisedSampleOutput extends PrevSampleOutput {
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * Turns a model's predictions into an image, step by step. Any object of this shape works in a pipeline; there is
 * nothing to register.
 *
 * A scheduler holds the state of one run. {@link Scheduler.setTimesteps} begins a new one; pipelines run on a
 * {@link Scheduler.clone} so that concurrent calls do not interfere.
 */
export interface Scheduler {
  /** The configuration, camelCase, frozen. */
  readonly config: object;
  /**
   * The noise process that the scheduler reverses. A pipeline warns if its model was trained with a different one. If
   * omitted, there is no such check.
   */
  readonly noiseProcess?: NoiseProcess | undefined;
  /** The number of model evaluations per step. */
  readonly order: number;
  /** The standard deviation of the initial noise. */
  readonly initNoiseSigma: number;
  /** The timesteps of the run, in order, as passed to the model. Read-only. */
  readonly timesteps: Float64Array;
  /** The noise levels, if the scheduler has them. Read-only. */
  readonly sigmas?: Float32Array | Float64Array | undefined;
  /**
   * The index into `timesteps` of the next step; `undefined` until the run begins, and always `undefined` if steps
   * depend only on their timestep.
   */
  readonly stepIndex: number | undefined;
  /** The index set as the start of the run; `undefined` if the first timestep decides. */
  readonly beginIndex: number | undefined;
  /** How many timesteps the model was trained with. */
  readonly length: number;
  /** Makes the run begin at this index, whatever its first timestep. */
  setBeginIndex(beginIndex?: number): void;
  /** Starts a new run. */
  setTimesteps(options: SetTimestepsOptions): void;
  /**
   * The model's input at `timestep`, for a sample at that noise level. Begins the run, but does not advance it. A
   * scheduler that adds noise before the model sees the sample draws it from the generator in `options`; pass the same
   * generator as for the step.
   */
  scaleModelInput(
    sample: Tensor<"float32">,
    timestep: number,
    options?: Pick<StepOptions, "generator">,
  ): Tensor<"float32">;
  /** Takes one step: from the model's output at `timestep` to the sample for the next step. */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options?: StepOptions,
  ): SchedulerOutput;
  /**
   * Adds noise to `originalSamples`, up to the level of `timesteps`: either one for the whole batch or one per item.
   */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32">;
  /** Creates a scheduler of the same class and config, with fresh state. */
  clone(): Scheduler;
  /** Writes `scheduler_config.json` into a folder, as diffusers does. */
  savePretrained(directory: string | URL): Promise<void>;
  /** The files that `savePretrained` writes. Pipelines need them to upload the scheduler. */
  listFiles?(): Promise<readonly UploadFile[]>;
}
