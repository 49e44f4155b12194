import {
  InvalidArgumentError,
  imagesFromTensor,
  type RasterImage,
  randnTensor,
  type Tensor,
  warn,
} from "@onestep/core";
import type { FileLocation, RepositoryLocation } from "@onestep/hub";
import { resolveClassLabels, sampleSizeOf } from "@onestep/models";
import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import {
  loadComponents,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
} from "../loading/load-components.ts";
import { loadSingleFile, type PipelineFromSingleFileOptions } from "../loading/load-single-file.ts";
import { drawClassLabels } from "./draw-class-labels.ts";
import type { ConsistencyModelGenerateOptions, OutputType } from "./generate-options.ts";
import { checkLatents, resolveBatch } from "./resolve-batch.ts";

/** What {@link ConsistencyModelPipeline.generate} returns. */
export interface ImagePipelineOutput<Output extends OutputType = "image"> {
  /** One RasterImage per image, or one float32 tensor [batch, channels, height, width] in [0, 1]. */
  readonly images: Output extends "tensor" ? Tensor<"float32"> : readonly RasterImage[];
}

/**
 * Makes images from noise in one step or a few (Song et al., 2023, algorithm 1); diffusers' `ConsistencyModelPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator, wherever labels are given. Where this
 * pipeline differs from diffusers, it refuses what would silently do something else: labels out of range or for a
 * model without classes, an unknown `outputType` (before the work, not after). One label is spread over a batch, and
 * labels that are not given are drawn from `generator`, not from a global one.
 */
export class ConsistencyModelPipeline extends DiffusionPipelineBase {
  override readonly className = "ConsistencyModelPipeline";

  /**
   * Loads a pipeline as Python saved it.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or files at hand (in browsers:
   * `File`s, a folder handle, what was dropped on the page); without it, the checkpoint that ships with the package `onestep`.
   * @throws HubError where a file cannot be had.
   * @throws InvalidConfigError, UnsupportedError where a config is wrong, or of a model that is not built here.
   * @throws CheckpointError, WeightsMismatchError where the weights are damaged, or not those of the config.
   */
  static async fromPretrained(
    source?: RepositoryLocation,
    options: PipelineFromPretrainedOptions = {},
  ): Promise<ConsistencyModelPipeline> {
    return ConsistencyModelPipeline.fromSource(await openPipelineSource(source, options), options);
  }

  /** Like {@link ConsistencyModelPipeline.fromPretrained}, from a repository that is open already. */
  static async fromSource(
    source: PipelineSource,
    options: PipelineFromPretrainedOptions = {},
  ): Promise<ConsistencyModelPipeline> {
    return new ConsistencyModelPipeline(await loadComponents(source, options), source.modelIndex);
  }

  /**
   * Loads an original checkpoint of openai/consistency_models (`cd_imagenet64_l2.pt`, `ct_bedroom256.pt`); diffusers'
   * `from_single_file`. The scheduler is the one that the model was trained for, which the file's name tells.
   *
   * @param source - A path, a URL, the URL of a file's page on the Hub, or a `File` of a browser.
   * @throws InvalidArgumentError where the name does not tell how the model was trained, or tells that it is a diffusion
   * model (`edm_…`), and no `scheduler` is given.
   * @throws HubError, CheckpointError, InvalidConfigError and others, see `UNet2DModel.fromSingleFile`.
   */
  static async fromSingleFile(
    source: FileLocation,
    options: PipelineFromSingleFileOptions = {},
  ): Promise<ConsistencyModelPipeline> {
    return new ConsistencyModelPipeline(await loadSingleFile(source, options));
  }

  /**
   * Makes images.
   *
   * Random numbers are drawn in this order: latents, labels (where the model has classes and none are given), then noise
   * for each step of a run of more than one.
   *
   * @throws InvalidArgumentError where an option is wrong; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    options: ConsistencyModelGenerateOptions<Output> = {},
  ): Promise<ImagePipelineOutput<Output>> {
    const { signal } = options;
    checkOutputType(options.outputType);
    const { batchSize, generator } = resolveBatch(options);
    const { inChannels, numClassEmbeds } = this.unet.config;
    const { height, width } = sampleSizeOf(this.unet.config);
    const shape = [batchSize, inChannels, height, width];
    checkLatents(options, shape);
    const givenLabels = resolveClassLabels({ numClassEmbeds, classLabels: options.classLabels, batchSize });
    const scheduler = this.scheduler.clone();
    setTimesteps(scheduler, options);
    signal?.throwIfAborted();

    const latents = options.latents ?? randnTensor(shape, generator);
    const classLabels =
      givenLabels ??
      (numClassEmbeds === null ? undefined : drawClassLabels(numClassEmbeds, batchSize, generator));
    const totalSteps = scheduler.timesteps.length;
    let sample = latents.mul(scheduler.initNoiseSigma);
    for (const [step, timestep] of scheduler.timesteps.entries()) {
      signal?.throwIfAborted();
      const input = scheduler.scaleModelInput(sample, timestep);
      const prediction = await this.unet.forward({ sample: input, timestep, classLabels, signal });
      sample = scheduler.step(prediction.sample, timestep, sample, { generator }).prevSample;
      options.onProgress?.({ type: "step-end", step, totalSteps, timestep });
      await options.onStepEnd?.({ step, totalSteps, timestep, sample });
    }
    signal?.throwIfAborted();
    const pixels = sample.div(2).add(0.5).clamp(0, 1);
    const images = options.outputType === "tensor" ? pixels : imagesFromTensor(pixels);
    return { images } as ImagePipelineOutput<Output>;
  }
}

function checkOutputType(outputType: string | undefined): void {
  if (outputType === undefined || outputType === "image" || outputType === "tensor") return;
  throw new InvalidArgumentError({
    subject: "outputType",
    found: JSON.stringify(outputType) ?? String(outputType),
    expected: '"image" or "tensor"',
    remedy: 'Use "image" for pictures to save, "tensor" for numbers.',
  });
}

function setTimesteps(
  scheduler: ConsistencyModelPipeline["scheduler"],
  options: ConsistencyModelGenerateOptions,
): void {
  const { numInferenceSteps, timesteps } = options;
  if (timesteps === undefined) {
    scheduler.setTimesteps({ numInferenceSteps: numInferenceSteps ?? 1 });
    return;
  }
  if (numInferenceSteps !== undefined) {
    warn(
      `Both \`numInferenceSteps\`: ${numInferenceSteps} and \`timesteps\`: [${timesteps.join(", ")}] are supplied; \`timesteps\` will be used over \`numInferenceSteps\`.`,
    );
  }
  scheduler.setTimesteps({ timesteps });
}
