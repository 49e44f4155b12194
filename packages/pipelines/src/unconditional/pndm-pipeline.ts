import { type NoiseProcess, PNDMScheduler } from "@onestep/schedulers";
import type { PipelineLoader } from "../pipeline-types.ts";
import { denoise } from "../sampling/denoise.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import { convertScheduler } from "../sampling/scheduler-fit.ts";
import {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  classConditionalOptionNames,
  type UNet2DParts,
  UNet2DPipelineBase,
} from "./unet-2d-pipeline.ts";

const className = "PNDMPipeline";

/** Options of {@link PNDMPipeline.generate}. All optional. */
export type PNDMGenerateOptions<Output extends OutputType = OutputType> =
  ClassConditionalGenerateOptions<Output>;

/**
 * Generates images with a DDPM model in fewer steps, using pseudo numerical methods (Liu et al. 2022, arXiv:2202.09778,
 * algorithm 2); diffusers' `PNDMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. The model's scheduler is converted to a
 * `PNDMScheduler`, whatever its class; one assigned to `scheduler` later is used unchanged.
 *
 * @example
 * const pipe = await PNDMPipeline.fromPretrained("google/ddpm-cifar10-32");
 * const { images } = await pipe.generate({ numInferenceSteps: 50, seed: 0 });
 */
export class PNDMPipeline extends UNet2DPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<PNDMPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = className;
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "betas";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 50;

  constructor(parts: UNet2DParts) {
    super(convertScheduler(parts, PNDMScheduler, className));
  }

  /**
   * Generates images. Random numbers are drawn only for the latents.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: PNDMGenerateOptions<Output> = {},
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, className, classConditionalOptionNames);
    const run = await this.beginRun(options, PNDMPipeline);
    return this.finish(run, toPixels(await denoise(run, options)), options);
  }
}
