import type { GenerateOptions, OutputType } from "../../sampling/generate-options.ts";
import type { ImageInput, ResizeMode } from "../images/image-input.ts";

interface InterpolationOptions<Output extends OutputType>
  extends Omit<GenerateOptions<Output>, "batchSize" | "generator" | "latents" | "seed" | "timesteps"> {
  /** How many images, first and last included, from 2 to 1000; 8 by default. */
  readonly frames?: number | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` for a way between two seeds. */
export interface BetweenSeeds<Output extends OutputType = OutputType> extends InterpolationOptions<Output> {
  /** Two seeds. */
  readonly seeds: readonly [first: number | bigint, last: number | bigint];
  readonly images?: undefined;
  /** Explicit steps in place of `numInferenceSteps`, indices into the training grid, descending, as `[22, 0]`. */
  readonly timesteps?: readonly number[] | undefined;
}

/** Options of `ConsistencyModelInterpolationPipeline.generate` for a way between two images. */
export interface BetweenImages<Output extends OutputType = OutputType>
  extends InterpolationOptions<Output>,
    Pick<GenerateOptions, "generator" | "seed"> {
  /** Two images. */
  readonly images: ImageInput;
  readonly seeds?: undefined;
  /** How much the model may make up half-way, above 0 to 1; 0.6 by default. */
  readonly strength?: number | undefined;
  /** What is done with images of another size than the model's; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}

/**
 * Options of `ConsistencyModelInterpolationPipeline.generate`: what to go between, and those of
 * `ConsistencyModelPipeline.generate`. Steps are 1 by default between seeds, 4 between images.
 */
export type ConsistencyModelInterpolationOptions<Output extends OutputType = OutputType> =
  | BetweenSeeds<Output>
  | BetweenImages<Output>;
