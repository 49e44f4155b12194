import type { GenerateOptions, OutputType } from "../sampling/generate-options.ts";
import type { ImageInput, ResizeMode } from "./images/image-input.ts";

/**
 * Options of `generate` of every pipeline that edits images; those of `ConsistencyModelPipeline.generate`, and the images.
 *
 * `batchSize` is by default as many as there are images, labels, generators or latents. `classLabels` should be given for
 * models with classes: what is drawn at random will hardly be what the image shows.
 */
export interface EditOptions<Output extends OutputType = OutputType> extends GenerateOptions<Output> {
  /** One image for the whole batch, or one for each item. */
  readonly image: ImageInput;
  /** What is done with images of another size than the model's; `"default"` stretches them. */
  readonly resizeMode?: ResizeMode | undefined;
}
