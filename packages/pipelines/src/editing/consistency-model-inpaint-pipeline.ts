import type { OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput, toPixels } from "../sampling/image-pipeline-output.ts";
import { readOptions } from "../sampling/read-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./consistency-model-editing-pipeline-base.ts";
import type { EditOptions } from "./edit-options.ts";
import type { ImageInput } from "./images/image-input.ts";
import { prepareMask } from "./images/prepare-mask.ts";
import { repeatForBatch } from "./images/repeat-for-batch.ts";
import { knownPixels } from "./known/known-pixels.ts";
import { runEdit } from "./run-edit.ts";

/** Options of {@link ConsistencyModelInpaintPipeline.generate}. */
export interface ConsistencyModelInpaintOptions<Output extends OutputType = OutputType>
  extends EditOptions<Output> {
  /**
   * Where to paint: 0 (black) keeps the pixel, 1 (white) makes it anew, what lies between mixes the two. Of the size of
   * its image; one for the whole batch, or one for each item. Of colours the brightness counts.
   */
  readonly mask: ImageInput;
}

/**
 * Inpainting: makes the masked part of an image anew, to fit the rest (Song et al., 2023, algorithm 4;
 * `iterative_inpainting` of openai/consistency_models, with any mask).
 *
 * Pixels where the mask is 0 come back exactly, byte for byte, where the image has the model's size. Images of other sizes
 * are resized first, see {@link ResizeMode}; then it is the pixels of the resized image that come back, where the resized
 * mask, whose edges are soft, is 0.
 */
export class ConsistencyModelInpaintPipeline extends ConsistencyModelEditingPipelineBase {
  /**
   * Makes images.
   *
   * @throws InvalidArgumentError, ImageError where an option is wrong; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelInpaintOptions<Output>,
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    const { pixels, originalSizes } = this.prepareImages("image", options.image, options);
    const [, height, width] = this.imageShape;
    const { mask, resizeMode } = options;
    const masks = prepareMask(mask, { imageSizes: originalSizes, size: { height, width }, resizeMode });
    const run = await this.beginEdit(options, { image: originalSizes.length, mask: masks.shape[0] ?? 0 });
    const [batchSize = 0] = run.sample.shape;
    const known = knownPixels(repeatForBatch(pixels, batchSize), repeatForBatch(masks, batchSize));
    return toOutput(
      known.finish(toPixels(await runEdit(run, options, known))),
      options.outputType,
      run.classLabels,
    );
  }
}
