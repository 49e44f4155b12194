import type { Generator, ProgressListener, Tensor } from "@onestep/core";
import type { ClassLabelsInput } from "../class-names.ts";

/** What a pipeline's `generate` can return. */
export type OutputType = "image" | "tensor";

/** What {@link GenerateOptions.onStepEnd} is told. */
export interface StepEndEvent {
  /** Steps done before this one. */
  readonly step: number;
  /** Steps in all. */
  readonly totalSteps: number;
  /** The timestep of this step, one of the scheduler's. */
  readonly timestep: number;
  /** The sample after the step, [batch, channels, height, width], in the range of the model's images. */
  readonly sample: Tensor<"float32">;
}

/** Options of `generate` of every pipeline that makes images from noise. All optional. */
export interface GenerateOptions<Output extends OutputType = OutputType> {
  /** How many images. By default as many as there are labels, generators or latents, or 1. */
  readonly batchSize?: number | undefined;
  /**
   * What to make, for class-conditional models: one class for all images, or one per image. A class is a number from 0 to
   * `unet.config.numClassEmbeds - 1`, or its name where the checkpoint names its classes (see `pipe.labels`). Without it,
   * classes are drawn at random, after the latents and from the same generator.
   */
  readonly classLabels?: ClassLabelsInput | undefined;
  /** How many steps; without it the `defaultInferenceSteps` of the pipeline's class. */
  readonly numInferenceSteps?: number | undefined;
  /** Explicit steps in place of `numInferenceSteps`, descending, for schedulers that take them. */
  readonly timesteps?: readonly number[] | undefined;
  /** Where random numbers come from: one generator for all images, or one per image. */
  readonly generator?: Generator | readonly Generator[] | undefined;
  /** Short for `generator: new TorchGenerator(seed)`. */
  readonly seed?: number | bigint | undefined;
  /** The noise to start from, of variance 1, [batch, channels, height, width]. */
  readonly latents?: Tensor<"float32"> | undefined;
  /** `"image"` (default) for RasterImages, `"tensor"` for float32 [batch, channels, height, width] in [0, 1]. */
  readonly outputType?: Output | undefined;
  /** Called after every step; a promise it returns is waited for. */
  readonly onStepEnd?: ((event: StepEndEvent) => void | Promise<void>) | undefined;
  /** Receives a `step-end` event after every step. */
  readonly onProgress?: ProgressListener | undefined;
  /** An abort rejects at once with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
