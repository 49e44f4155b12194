import { describeValue, InvalidArgumentError } from "@onestep/core";
import { DDIMScheduler } from "@onestep/schedulers";
import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import type { ModelIndex } from "../model-index/model-index.ts";
import type { PipelineComponents } from "../pipeline-components.ts";
import { convertScheduler } from "../sampling/convert-scheduler.ts";
import { denoise } from "../sampling/denoise.ts";
import type { GenerateOptions, OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput, toPixels } from "../sampling/image-pipeline-output.ts";
import type { NoiseProcess } from "../sampling/noise-process.ts";
import { readOptions } from "../sampling/read-options.ts";

const className = "DDIMPipeline";

/** Options of {@link DDIMPipeline.generate}. All optional. */
export interface DDIMGenerateOptions<Output extends OutputType = OutputType> extends GenerateOptions<Output> {
  /** How much of DDPM's noise a step adds, from 0 (default: none) to 1. Schedulers other than `DDIMScheduler` ignore it. */
  readonly eta?: number | undefined;
  /**
   * Whether the noise is derived anew from the clamped prediction of the image; false by default. Schedulers other than
   * `DDIMScheduler` ignore it.
   */
  readonly useClippedModelOutput?: boolean | undefined;
}

/**
 * Makes images with the model of a DDPM in fewer steps, by denoising diffusion implicit models (Song et al. 2020,
 * arXiv:2010.02502); diffusers' `DDIMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. The scheduler that the model comes with is made
 * a `DDIMScheduler`, whatever its class; another that is assigned to `scheduler` later stays what it is.
 */
export class DDIMPipeline extends DiffusionPipelineBase {
  /** The class as `model_index.json` names it. */
  static readonly className: string = className;
  /** How many steps a run takes where nobody says. */
  static readonly defaultInferenceSteps: number = 50;

  override readonly className: string = className;
  protected override readonly noiseProcess: NoiseProcess = "betas";

  constructor(components: PipelineComponents, modelIndex?: ModelIndex) {
    super(convertScheduler(components, DDIMScheduler, className), modelIndex);
  }

  /**
   * Makes images. Random numbers are drawn for the latents first, then, where `eta` is above 0, for each step.
   *
   * @throws InvalidArgumentError where an option is wrong; before any work. (diffusers warns of an `eta` out of range.)
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: DDIMGenerateOptions<Output> = {},
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    const { eta, useClippedModelOutput } = options;
    checkEta(eta);
    const run = await this.beginSampling(options, DDIMPipeline);
    const sample = await denoise(run, options, { eta, useClippedModelOutput });
    return toOutput(toPixels(sample), options.outputType, run.classLabels);
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
