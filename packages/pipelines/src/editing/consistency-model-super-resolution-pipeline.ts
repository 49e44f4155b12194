import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import type { ClassConditionalOutput } from "../unconditional/unet-2d-pipeline.ts";
import { type EditOptions, editOptionNames } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./editing-pipeline.ts";
import { listImages, prepareImages, repeatForBatch } from "./images.ts";
import { knownAverages } from "./known-content.ts";
import { runEdit } from "./run-edit.ts";

/** Options of {@link ConsistencyModelSuperResolutionPipeline.generate}. */
export interface ConsistencyModelSuperResolutionOptions<Output extends OutputType = OutputType>
  extends EditOptions<Output> {
  /**
   * The upscaling factor, a whole number that divides height and width of the model's images. Inferred from the image
   * size by default. If given, images are first resized to the model's size divided by it.
   */
  readonly factor?: number | undefined;
}

const optionNames: OptionNames<ConsistencyModelSuperResolutionOptions> = { ...editOptionNames, factor: true };

/**
 * Super-resolution: generates an image of the model's size whose `factor` x `factor` blocks average to the pixels of a
 * small image, up to 8-bit rounding (Song et al., 2023, appendix D; `iterative_superres` of openai/consistency_models,
 * with any factor).
 *
 * @example
 * const edit = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe); // the same model, not loaded again
 * const { images } = await edit.generate({ image, factor: 4, seed: 0 });
 */
export class ConsistencyModelSuperResolutionPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelSuperResolutionPipeline>;

  /**
   * Generates images.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelSuperResolutionOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelSuperResolutionPipeline", optionNames);
    const [channels, height, width] = this.imageShape;
    const { image, resizeMode } = options;
    const factor = this.#chooseFactor(options);
    const size = { height: height / factor, width: width / factor };
    const { pixels } = prepareImages(image, { subject: "image", channels, size, resizeMode });
    const run = await this.beginEdit(options, { image: pixels.shape[0] ?? 0 });
    const known = knownAverages(repeatForBatch(pixels, run.sample.shape[0] ?? 0), factor);
    return this.finish(run, known.finish(toPixels(await runEdit(run, options, known))), options);
  }

  #chooseFactor({ image, factor }: ConsistencyModelSuperResolutionOptions): number {
    const [, height, width] = this.imageShape;
    const divides = (value: number): boolean =>
      Number.isInteger(value) && value >= 1 && height % value === 0 && width % value === 0;
    if (factor !== undefined) {
      if (divides(factor)) return factor;
      throw new InvalidArgumentError({
        subject: "factor",
        found: describeValue(factor),
        expected: `a whole number that divides the ${width} x ${height} pixels of the model's images`,
        remedy: "Choose another factor.",
      });
    }
    const factors = listImages("image", image).map(({ shape }) => {
      const [, , imageHeight = 0, imageWidth = 0] = shape;
      const found = height / imageHeight;
      if (divides(found) && width / imageWidth === found) return found;
      throw new InvalidArgumentError({
        subject: "image",
        found: `${imageWidth} x ${imageHeight} pixels`,
        expected: `${width} x ${height}, the size of the model's images, divided by a whole number`,
        remedy: "Pass such an image, or `factor`, and it is resized.",
      });
    });
    const [first = 1] = factors;
    if (factors.every((other) => other === first)) return first;
    throw new InvalidArgumentError({
      subject: "image",
      found: `images for factors ${[...new Set(factors)].join(" and ")}`,
      expected: "images of one size",
      remedy: "Pass images of one size, or `factor`, and they are resized.",
    });
  }
}
