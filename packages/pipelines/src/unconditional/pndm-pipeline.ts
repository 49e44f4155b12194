import { PNDMScheduler } from "@onestep/schedulers";
import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import type { ModelIndex } from "../model-index/model-index.ts";
import type { PipelineComponents } from "../pipeline-components.ts";
import { convertScheduler } from "../sampling/convert-scheduler.ts";
import { denoise } from "../sampling/denoise.ts";
import type { GenerateOptions, OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput, toPixels } from "../sampling/image-pipeline-output.ts";
import type { NoiseProcess } from "../sampling/noise-process.ts";
import { readOptions } from "../sampling/read-options.ts";

const className = "PNDMPipeline";

/** Options of {@link PNDMPipeline.generate}. All optional. */
export type PNDMGenerateOptions<Output extends OutputType = OutputType> = GenerateOptions<Output>;

/**
 * Makes images with the model of a DDPM in fewer steps, by pseudo numerical methods (Liu et al. 2022, arXiv:2202.09778,
 * algorithm 2); diffusers' `PNDMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. The scheduler that the model comes with is made
 * a `PNDMScheduler`, whatever its class; another that is assigned to `scheduler` later stays what it is.
 */
export class PNDMPipeline extends DiffusionPipelineBase {
  /** The class as `model_index.json` names it. */
  static readonly className: string = className;
  /** How many steps a run takes where nobody says. */
  static readonly defaultInferenceSteps: number = 50;

  override readonly className: string = className;
  protected override readonly noiseProcess: NoiseProcess = "betas";

  constructor(components: PipelineComponents, modelIndex?: ModelIndex) {
    super(convertScheduler(components, PNDMScheduler, className), modelIndex);
  }

  /**
   * Makes images. Random numbers are drawn for the latents alone.
   *
   * @throws InvalidArgumentError where an option is wrong; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: PNDMGenerateOptions<Output> = {},
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    const run = await this.beginSampling(options, PNDMPipeline);
    return toOutput(toPixels(await denoise(run, options)), options.outputType, run.classLabels);
  }
}
