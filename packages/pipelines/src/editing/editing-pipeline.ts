import { InvalidArgumentError } from "@onestep/core";
import type { NoiseProcess } from "@onestep/schedulers";
import { resolveBatchSize } from "../sampling/resolve-batch.ts";
import { imageShapeOf } from "../unconditional/unet-2d.ts";
import {
  type ClassConditionalGenerateOptions,
  UNet2DPipelineBase,
  type UNet2DRun,
} from "../unconditional/unet-2d-pipeline.ts";
import { requireConsistencyScheduler } from "./consistency-scheduler.ts";
import type { EditOptions } from "./edit-options.ts";
import { type ImageInput, type PreparedImages, prepareImages } from "./images.ts";

/** The default of `numInferenceSteps` for edits: more than for sampling, since each step blends free and known content. */
export const defaultEditingSteps = 20;

/**
 * The base class of pipelines for zero-shot editing with a consistency model (Song et al., 2023, section 3 and appendix
 * D). They work with every consistency model, with or without classes.
 *
 * `savePretrained` and `pushToHub` save the model as a `ConsistencyModelPipeline`, since diffusers has no classes for
 * these.
 */
export abstract class ConsistencyModelEditingPipelineBase extends UNet2DPipelineBase {
  /** The class name of the model in `model_index.json`. */
  static readonly className: string = "ConsistencyModelPipeline";

  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "edm";

  /** The shape of one of the model's images. */
  protected get imageShape(): readonly [channels: number, height: number, width: number] {
    return imageShapeOf(this.unet.config);
  }

  /**
   * Resizes images to the model's size.
   *
   * @param subject - The option, for messages.
   * @throws ImageError, InvalidArgumentError unless they are images the model supports.
   */
  protected prepareImages(
    subject: string,
    images: ImageInput,
    options: Pick<EditOptions, "resizeMode">,
  ): PreparedImages {
    const [channels, height, width] = this.imageShape;
    const { resizeMode } = options;
    return prepareImages(images, { subject, channels, size: { height, width }, resizeMode });
  }

  /**
   * Begins a run, on a clone of the scheduler.
   *
   * @param imageCounts - The number of images in each option, by name: one, or the batch size.
   * @param isNoisy - Whether to draw initial noise.
   * @throws InvalidArgumentError if an option is invalid, or the scheduler does not support editing.
   */
  protected async beginEdit(
    options: ClassConditionalGenerateOptions,
    imageCounts: Readonly<Record<string, number>>,
    isNoisy = true,
  ): Promise<UNet2DRun> {
    requireConsistencyScheduler(this.scheduler);
    const { classLabels } = options;
    const labels = typeof classLabels === "object" ? (classLabels?.length ?? 1) : 1;
    const batchSize = resolveBatchSize(options, [labels, ...Object.values(imageCounts)]);
    for (const [option, count] of Object.entries(imageCounts)) {
      if (count === 1 || count === batchSize) continue;
      throw new InvalidArgumentError({
        subject: option,
        found: `${count} images for a batch of ${batchSize}`,
        expected: batchSize === 1 ? "1" : `1 for all, or ${batchSize}`,
        remedy: "Leave out `batchSize`, or pass as many images as it says.",
      });
    }
    return this.beginRun(
      { ...options, batchSize },
      { defaultInferenceSteps: Math.min(defaultEditingSteps, this.scheduler.length), isNoisy },
    );
  }
}
