import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import { DDIMScheduler, type NoiseProcess } from "@onestep/schedulers";
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

const className = "DDIMPipeline";

const optionNames: OptionNames<DDIMGenerateOptions> = {
  ...classConditionalOptionNames,
  eta: true,
  useClippedModelOutput: true,
};

/** Options of {@link DDIMPipeline.generate}. All optional. */
export interface DDIMGenerateOptions<Output extends OutputType = OutputType>
  extends ClassConditionalGenerateOptions<Output> {
  /** How much of DDPM's noise a step adds, from 0 (default: none) to 1. Schedulers other than `DDIMScheduler` ignore it. */
  readonly eta?: number | undefined;
  /**
   * Whether to recompute the noise from the clamped image prediction; false by default. Schedulers other than
   * `DDIMScheduler` ignore it.
   */
  readonly useClippedModelOutput?: boolean | undefined;
}

/**
 * Generates images with a DDPM model in fewer steps, using denoising diffusion implicit models (Song et al. 2020,
 * arXiv:2010.02502); diffusers' `DDIMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. The model's scheduler is converted to a
 * `DDIMScheduler`, whatever its class; one assigned to `scheduler` later is used unchanged.
 *
 * @example
 * const pipe = await DDIMPipeline.fromPretrained("google/ddpm-cat-256");
 * const { images } = await pipe.generate({ numInferenceSteps: 50, eta: 0, seed: 0 });
 */
export class DDIMPipeline extends UNet2DPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<DDIMPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = className;
  /** The noise process its models were trained on. */
  static readonly noiseProcess: NoiseProcess = "betas";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = 50;

  constructor(parts: UNet2DParts) {
    super(convertScheduler(parts, DDIMScheduler, className));
  }

  /**
   * Generates images. Random numbers are drawn for the latents first, then, if `eta` is above 0, for each step.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work. (diffusers warns of an `eta` out of range.)
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: DDIMGenerateOptions<Output> = {},
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, className, optionNames);
    const { eta, useClippedModelOutput } = options;
    checkEta(eta);
    const run = await this.beginRun(options, DDIMPipeline);
    const sample = await denoise(run, options, { eta, useClippedModelOutput });
    return this.finish(run, toPixels(sample), options);
  }
}

function checkEta(eta: number | undefined): void {
  if (eta === undefined || (typeof eta === "number" && eta >= 0 && eta <= 1)) return;
  throw new InvalidArgumentError({
    subject: "eta",
    found: describeValue(eta),
    expected: "a number from 0 to 1",
    remedy: "0 adds no noise on the way (DDIM), 1 as much as DDPM does.",
  });
}
