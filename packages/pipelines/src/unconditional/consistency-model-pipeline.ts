import type { FileLocation } from "@onestep/hub";
import type { NoiseProcess } from "@onestep/schedulers";
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
 * Makes images from noise in one step or a few (Song et al., 2023, algorithm 1); diffusers' `ConsistencyModelPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator, wherever labels are given. Where this
 * pipeline differs from diffusers, it refuses what would silently do something else: labels out of range or for a
 * model without classes, an unknown `outputType` (before the work, not after). One label is spread over a batch, and
 * labels that are not given are drawn from `generator`, not from a global one.
 */
export class ConsistencyModelPipeline extends UNet2DPipelineBase {
  /** The class as `model_index.json` names it. */
  static readonly className: string = className;
  /** What its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "edm";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 1;

  /**
   * Loads an original checkpoint of openai/consistency_models (`cd_imagenet64_l2.pt`, `ct_bedroom256.pt`); diffusers'
   * `from_single_file`. The scheduler is the one that the model was trained for, which the file's name tells. A diffusion
   * model that consistency models are distilled from (`edm_cat256_ema.pt`) has an `EDMHeunScheduler`; OpenAI takes 40
   * steps with it.
   *
   * @param source - A path, a URL, the URL of a file's page on the Hub, or a `File` of a browser.
   * @throws InvalidArgumentError where the name does not tell how the model was trained, and no `scheduler` is given.
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
   * Makes images.
   *
   * Random numbers are drawn in this order: latents, labels (where the model has classes and none are given), then noise
   * for each step of a run of more than one.
   *
   * @throws InvalidArgumentError where an option is wrong; before any work.
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
