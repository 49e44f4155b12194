import type { NoiseProcess } from "@onestep/schedulers";
import type { PipelineLoader } from "../pipeline-types.ts";
import { denoise } from "../sampling/denoise.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  classConditionalOptionNames,
  UNet2DPipelineBase,
} from "./unet-2d-pipeline.ts";

const className = "DDPMPipeline";

/** Options of {@link DDPMPipeline.generate}. All optional. */
export type DDPMGenerateOptions<Output extends OutputType = OutputType> =
  ClassConditionalGenerateOptions<Output>;

/**
 * Generates images with a denoising diffusion probabilistic model (Ho et al. 2020, arXiv:2006.11239, algorithm 2);
 * diffusers' `DDPMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. Any scheduler with a beta schedule can replace
 * `DDPMScheduler` and needs fewer steps: `DDIMScheduler`, `UniPCMultistepScheduler`, and also those that scale samples
 * (`EulerDiscreteScheduler`), which diffusers' pipeline starts at the wrong noise level.
 *
 * @example
 * const pipe = await DDPMPipeline.fromPretrained("google/ddpm-cat-256");
 * const { images } = await pipe.generate({ numInferenceSteps: 1000, seed: 0 });
 */
export class DDPMPipeline extends UNet2DPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<DDPMPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = className;
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "betas";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 1000;

  /**
   * Generates images. Random numbers are drawn for the latents first, then (with `DDPMScheduler`) for each step but the
   * last.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: DDPMGenerateOptions<Output> = {},
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, className, classConditionalOptionNames);
    const run = await this.beginRun(options, DDPMPipeline);
    return this.finish(run, toPixels(await denoise(run, options)), options);
  }
}
