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

/** The default of `numInferenceSteps` for edits: more than for sampling, since each step blends the free and the known. */
export const defaultEditingSteps = 20;

/**
 * What the pipelines share that edit images with a consistency model, without any training for it (Song et al., 2023,
 * section 3 and appendix D). They run on every consistency model, with and without classes.
 *
 * `savePretrained` and `pushToHub` save the model as a `ConsistencyModelPipeline`, since Python has no classes for these.
 */
export abstract class ConsistencyModelEditingPipelineBase extends UNet2DPipelineBase {
  /** The class of the model, as `model_index.json` names it. */
  static readonly className: string = "ConsistencyModelPipeline";

  /** What its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "edm";

  /** The shape of one image of the model. */
  protected get imageShape(): readonly [channels: number, height: number, width: number] {
    return imageShapeOf(this.unet.config);
  }

  /**
   * Images in the model's size.
   *
   * @param subject - The option that they come from.
   * @throws ImageError, InvalidArgumentError unless they are images that fit the model.
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
   * @param imageCounts - How many images each option brings, by its name: one, or as many as the batch has.
   * @param isNoisy - Whether noise is drawn to begin with.
   * @throws InvalidArgumentError where an option is wrong, or the scheduler's steps cannot be edited.
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
