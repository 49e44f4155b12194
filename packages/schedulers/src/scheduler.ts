import type { Generator, Tensor } from "@onestep/core";
import type { UploadFile } from "@onestep/hub";
import type { NoiseProcess } from "./noise-process.ts";

/** The file that holds a scheduler's configuration, named as in diffusers. */
export const schedulerConfigName = "scheduler_config.json";

/** Options of {@link Scheduler.setTimesteps}: exactly one of the two. */
export interface SetTimestepsOptions {
  /** How many steps, at least 1. The scheduler chooses their timesteps. */
  readonly numInferenceSteps?: number | undefined;
  /** Explicit steps, in the scheduler's own units, descending. Not every scheduler takes them. */
  readonly timesteps?: readonly number[] | undefined;
}

/** Options of {@link Scheduler.step}. */
export interface StepOptions {
  /**
   * Where a stochastic scheduler draws its noise: one generator, or one per item of the batch. Without it, a
   * random seed is used.
   */
  readonly generator?: Generator | readonly Generator[] | undefined;
}

/** What a step returns. */
export interface SchedulerOutput {
  /** The sample for the next step; same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
  /** The prediction of the clean sample, where the scheduler gives one. */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** What the step of a scheduler returns that gives no prediction of the clean sample. */
export interface PrevSampleOutput {
  /** The sample for the next step, float32, same shape as the sample that went in. */
  readonly prevSample: Tensor<"float32">;
}

/** What the step of a scheduler returns that gives a prediction of the clean sample. */
export interface DenoisedSampleOutput extends PrevSampleOutput {
  /** The prediction of the clean sample. */
  readonly predOriginalSample: Tensor<"float32">;
}

/**
 * Turns a model's predictions into an image, step by step. Any object of this shape works in a pipeline; nothing is
 * registered.
 *
 * A scheduler holds the state of one run. {@link Scheduler.setTimesteps} begins a new one; pipelines run on a
 * {@link Scheduler.clone} so that concurrent calls do not meet.
 */
export interface Scheduler {
  /** The configuration, camelCase, frozen. */
  readonly config: object;
  /**
   * The noise process that it undoes. A pipeline warns where its model was trained with another; without it, nothing is
   * compared.
   */
  readonly noiseProcess?: NoiseProcess | undefined;
  /** How many model evaluations a step takes. */
  readonly order: number;
  /** The standard deviation of the initial noise. */
  readonly initNoiseSigma: number;
  /** The timesteps to go through, in order. The model is given these. Read-only. */
  readonly timesteps: Float64Array;
  /** The noise levels, where the scheduler has them. Read-only. */
  readonly sigmas?: Float32Array | Float64Array | undefined;
  /**
   * The index into `timesteps` of the step to take next; `undefined` until the run begins, and always in a scheduler
   * whose steps follow from their timestep alone.
   */
  readonly stepIndex: number | undefined;
  /** The index that the run is made to begin with; `undefined` where its first timestep decides. */
  readonly beginIndex: number | undefined;
  /** How many timesteps the model was trained with. */
  readonly length: number;
  /** Makes the run begin with this index, whatever its first timestep. */
  setBeginIndex(beginIndex?: number): void;
  /** Starts a new run. */
  setTimesteps(options: SetTimestepsOptions): void;
  /**
   * The model's input at `timestep`, for a sample at that noise level. Begins the run; does not advance it. A scheduler
   * that adds noise before the model sees the sample draws it from the generator of `options`, which is that of the
   * step.
   */
  scaleModelInput(
    sample: Tensor<"float32">,
    timestep: number,
    options?: Pick<StepOptions, "generator">,
  ): Tensor<"float32">;
  /** Takes one step: from the model's output at `timestep` to the sample for the next one. */
  step(
    modelOutput: Tensor<"float32">,
    timestep: number,
    sample: Tensor<"float32">,
    options?: StepOptions,
  ): SchedulerOutput;
  /** `originalSamples` at the noise level of `timesteps`: one for all items of the batch, or one each. */
  addNoise(
    originalSamples: Tensor<"float32">,
    noise: Tensor<"float32">,
    timesteps: ArrayLike<number>,
  ): Tensor<"float32">;
  /** A scheduler of the same class and config, with fresh state. */
  clone(): Scheduler;
  /** Writes `scheduler_config.json` into a folder, as diffusers does. */
  savePretrained(directory: string | URL): Promise<void>;
  /** The files that `savePretrained` writes. A pipeline needs them to upload the scheduler. */
  listFiles?(): Promise<readonly UploadFile[]>;
}
