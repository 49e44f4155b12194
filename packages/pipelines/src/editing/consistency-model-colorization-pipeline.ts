import { UnsupportedError } from "@onestep/core";
import type { PipelineLoader } from "../pipeline-types.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import type { ClassConditionalOutput } from "../unconditional/unet-2d-pipeline.ts";
import { type EditOptions, editOptionNames } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./editing-pipeline.ts";
import { repeatForBatch } from "./images.ts";
import { knownLuminance } from "./known-content.ts";
import { runEdit } from "./run-edit.ts";

/** Options of {@link ConsistencyModelColorizationPipeline.generate}; only the luma of colour images is used. */
export type ConsistencyModelColorizationOptions<Output extends OutputType = OutputType> = EditOptions<Output>;

/**
 * Colorizes a grey image (Song et al., 2023, appendix D; `iterative_colorization` of openai/consistency_models). The
 * luma of every pixel, 0.2989 red + 0.587 green + 0.114 blue, matches the input image, up to 8-bit rounding.
 *
 * @example
 * const edit = ConsistencyModelColorizationPipeline.fromPipe(pipe); // the same model, not loaded again
 * const { images } = await edit.generate({ image, classLabels: "fox", seed: 0 });
 */
export class ConsistencyModelColorizationPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelColorizationPipeline>;

  /**
   * Generates images.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
   * @throws UnsupportedError if the model does not generate colour images.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelColorizationOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelColorizationPipeline", editOptionNames);
    const [channels] = this.imageShape;
    if (channels !== 3) {
      throw new UnsupportedError({
        subject: "colorization",
        found: `a model of ${channels} channels`,
        expected: "3: red, green and blue",
        remedy: "Load a model of colour images.",
      });
    }
    const { pixels, originalSizes } = this.prepareImages("image", options.image, options);
    const run = await this.beginEdit(options, { image: originalSizes.length });
    const known = knownLuminance(repeatForBatch(pixels, run.sample.shape[0] ?? 0));
    return this.finish(run, known.finish(toPixels(await runEdit(run, options, known))), options);
  }
}
