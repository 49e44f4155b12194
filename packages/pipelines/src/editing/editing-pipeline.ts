import { InvalidArgumentError } from "@onestep/core";
import { sampleSizeOf } from "@onestep/models";
import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import type { ModelIndex } from "../model-index/model-index.ts";
import type { PipelineParts } from "../pipeline-components.ts";
import type { GenerateOptions } from "../sampling/generate-options.ts";
import type { NoiseProcess } from "../sampling/noise-process.ts";
import { resolveBatch } from "../sampling/resolve-batch.ts";
import type { SamplingRun } from "../sampling/sampling-run.ts";
import { requireConsistencyScheduler } from "./consistency-scheduler.ts";
import type { EditOptions } from "./edit-options.ts";
import type { ImageInput } from "./images/image-input.ts";
import { type PreparedImages, prepareImages } from "./images/prepare-images.ts";

/** How many steps an edit takes where nobody says: more than sampling, for each brings the free and the known together. */
export const defaultEditingSteps = 20;

/** A class that {@link ConsistencyModelEditingPipelineBase.fromPipe} makes pipelines of. */
export interface EditingPipelineConstructor<Pipeline> {
  new (parts: PipelineParts, modelIndex?: ModelIndex, sharesModel?: boolean): Pipeline;
}

/**
 * What the pipelines share that edit images with a consistency model, without any training for it (Song et al., 2023,
 * section 3 and appendix D). They run on every consistency model, with and without classes.
 *
 * `savePretrained` and `pushToHub` save the model as a `ConsistencyModelPipeline`, since Python has no classes for these.
 */
export abstract class ConsistencyModelEditingPipelineBase extends DiffusionPipelineBase {
  /** The class of the model, as `model_index.json` names it. */
  static readonly className: string = "ConsistencyModelPipeline";

  override readonly className: string = ConsistencyModelEditingPipelineBase.className;
  protected override readonly noiseProcess: NoiseProcess = "edm";
  readonly #sharesModel: boolean;

  /** @param sharesModel - Whether the model belongs to somebody else, and `dispose` leaves it alone. */
  constructor(parts: PipelineParts, modelIndex?: ModelIndex, sharesModel = false) {
    super(parts, modelIndex);
    this.#sharesModel = sharesModel;
  }

  /**
   * A pipeline with the model and the scheduler of another, nothing loaded again; diffusers' `from_pipe`. The model stays
   * the other's: disposing of the new pipeline leaves it alone, disposing of the other ends both.
   */
  static fromPipe<Pipeline>(
    this: EditingPipelineConstructor<Pipeline>,
    pipe: Pick<DiffusionPipelineBase, "components"> & Pick<PipelineParts, "id2label">,
  ): Pipeline {
    return new this({ ...pipe.components, id2label: pipe.id2label }, undefined, true);
  }

  /** Frees the model's memory, unless the pipeline has it from another by `fromPipe`. Idempotent. */
  override async dispose(): Promise<void> {
    if (!this.#sharesModel) await super.dispose();
  }

  /** Height, width and channels of the model's images. */
  protected get imageShape(): readonly [channels: number, height: number, width: number] {
    const { height, width } = sampleSizeOf(this.unet.config);
    return [this.unet.config.inChannels, height, width];
  }

  /**
   * Images in the model's size.
   *
   * @param subject - The option that they come from.
   * @throws ImageError, InvalidArgumentError where they are none, or do not fit the model.
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
    options: GenerateOptions,
    imageCounts: Readonly<Record<string, number>>,
    isNoisy = true,
  ): Promise<SamplingRun> {
    requireConsistencyScheduler(this.scheduler);
    const { batchSize: resolved } = resolveBatch(options);
    const batchSize = options.batchSize ?? Math.max(resolved, ...Object.values(imageCounts));
    for (const [option, count] of Object.entries(imageCounts)) {
      if (count === 1 || count === batchSize) continue;
      throw new InvalidArgumentError({
        subject: option,
        found: `${count} images for a batch of ${batchSize}`,
        expected: batchSize === 1 ? "1" : `1 for all, or ${batchSize}`,
        remedy: "Leave out `batchSize`, or pass as many images as it says.",
      });
    }
    return this.beginSampling(
      { ...options, batchSize },
      { defaultInferenceSteps: Math.min(defaultEditingSteps, this.scheduler.length), isNoisy },
    );
  }
}
