import type { FileLocation } from "@onestep/hub";
import type { NoiseProcess } from "@onestep/schedulers";
import type { PipelineLoader } from "../pipeline-types.ts";
import { denoise } from "../sampling/denoise.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import { loadSingleFile, type PipelineFromSingleFileOptions } from "./single-file.ts";
import {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  classConditionalOptionNames,
  UNet2DPipelineBase,
} from "./unet-2d-pipeline.ts";

const className = "ConsistencyModelPipeline";

/**
 * Options of {@link ConsistencyModelPipeline.generate}. All optional. `timesteps` are indices into the training grid of
 * `CMStochasticIterativeScheduler`, as `[22, 0]`.
 */
export type ConsistencyModelGenerateOptions<Output extends OutputType = OutputType> =
  ClassConditionalGenerateOptions<Output>;

/**
 * Generates images from noise in one or a few steps (Song et al., 2023, algorithm 1); diffusers'
 * `ConsistencyModelPipeline`.
 *
 * If labels are given, the same seed gives the same image as in Python with a CPU generator. Unlike diffusers, it
 * rejects options that would be silently misread: labels out of range or for a model without classes, and an unknown
 * `outputType` (before the work, not after). A single label applies to the whole batch, and missing labels are drawn
 * from `generator`, not from a global one.
 *
 * @example
 * const pipe = await ConsistencyModelPipeline.fromPretrained("openai/diffusers-cd_imagenet64_l2");
 * const { images } = await pipe.generate({ classLabels: 145, seed: 0 });
 * await images[0]?.save("penguin.png");
 */
export class ConsistencyModelPipeline extends UNet2DPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = className;
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "edm";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 1;

  /**
   * Loads an original checkpoint of openai/consistency_models (`cd_imagenet64_l2.pt`, `ct_bedroom256.pt`); diffusers'
   * `from_single_file`. The scheduler is inferred from the file name. Teacher diffusion models (`edm_cat256_ema.pt`) get
   * an `EDMHeunScheduler`; OpenAI uses 40 steps with it.
   *
   * @param source - A path, a URL, the URL of a file's page on the Hub, or a browser `File`.
   * @throws InvalidArgumentError if no `scheduler` is given and none can be inferred from the file name.
   * @throws HubError, CheckpointError, InvalidConfigError and others, see `UNet2DModel.fromSingleFile`.
   */
  static async fromSingleFile(
    source: FileLocation,
    options: PipelineFromSingleFileOptions = {},
  ): Promise<ConsistencyModelPipeline> {
    const parts = await loadSingleFile(source, options);
    try {
      const pipe = new ConsistencyModelPipeline(parts);
      pipe.own(parts.unet);
      return pipe;
    } catch (error) {
      await parts.unet.dispose?.();
      throw error;
    }
  }

  /**
   * Generates images.
   *
   * Random numbers are drawn in this order: latents, labels (if the model has classes and none are given), then noise
   * for each step of a multistep run.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelGenerateOptions<Output> = {},
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, className, classConditionalOptionNames);
    const run = await this.beginRun(options, ConsistencyModelPipeline);
    return this.finish(run, toPixels(await denoise(run, options)), options);
  }
}
