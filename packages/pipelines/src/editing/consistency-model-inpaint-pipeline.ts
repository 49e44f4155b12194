import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import type { ClassConditionalOutput } from "../unconditional/unet-2d-pipeline.ts";
import { type EditOptions, editOptionNames } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./editing-pipeline.ts";
import { type ImageInput, prepareMask, repeatForBatch } from "./images.ts";
import { knownPixels } from "./known-content.ts";
import { runEdit } from "./run-edit.ts";

/** Options of {@link ConsistencyModelInpaintPipeline.generate}. */
export interface ConsistencyModelInpaintOptions<Output extends OutputType = OutputType>
  extends EditOptions<Output> {
  /**
   * The area to repaint: 0 (black) keeps the pixel, 1 (white) repaints it, values in between blend the two. Must have
   * the size of its image; one for the whole batch, or one per item. Colours are converted to grey.
   */
  readonly mask: ImageInput;
}

const optionNames: OptionNames<ConsistencyModelInpaintOptions> = { ...editOptionNames, mask: true };

/**
 * Inpainting: repaints the masked part of an image to fit the rest (Song et al., 2023, algorithm 4;
 * `iterative_inpainting` of openai/consistency_models, with any mask).
 *
 * Pixels with mask 0 are preserved byte for byte if the image has the model's size. Other images are resized first (see
 * {@link ResizeMode}), as is the mask, which gets soft edges; the resized image's pixels are then preserved.
 *
 * @example
 * const edit = ConsistencyModelInpaintPipeline.fromPipe(pipe); // the same model, not loaded again
 * const { images } = await edit.generate({ image, mask, classLabels: "penguin", seed: 0 });
 */
export class ConsistencyModelInpaintPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelInpaintPipeline>;

  /**
   * Generates images.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelInpaintOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelInpaintPipeline", optionNames);
    const { pixels, originalSizes } = this.prepareImages("image", options.image, options);
    const [, height, width] = this.imageShape;
    const { mask, resizeMode } = options;
    const masks = prepareMask(mask, { imageSizes: originalSizes, size: { height, width }, resizeMode });
    const run = await this.beginEdit(options, { image: originalSizes.length, mask: masks.shape[0] ?? 0 });
    const [batchSize = 0] = run.sample.shape;
    const known = knownPixels(repeatForBatch(pixels, batchSize), repeatForBatch(masks, batchSize));
    return this.finish(run, known.finish(toPixels(await runEdit(run, options, known))), options);
  }
}
