import { DiffusionPipelineBase } from "../diffusion-pipeline-base.ts";
import { denoise } from "../sampling/denoise.ts";
import type { GenerateOptions, OutputType } from "../sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput, toPixels } from "../sampling/image-pipeline-output.ts";
import type { NoiseProcess } from "../sampling/noise-process.ts";
import { readOptions } from "../sampling/read-options.ts";

const className = "DDPMPipeline";

/** Options of {@link DDPMPipeline.generate}. All optional. */
export type DDPMGenerateOptions<Output extends OutputType = OutputType> = GenerateOptions<Output>;

/**
 * Makes images with a denoising diffusion probabilistic model (Ho et al. 2020, arXiv:2006.11239, algorithm 2); diffusers'
 * `DDPMPipeline`.
 *
 * The same seed gives the same image as in Python with a CPU generator. Any scheduler that steps through a schedule of
 * betas can take the place of `DDPMScheduler`, in fewer steps: `DDIMScheduler`, `UniPCMultistepScheduler`, also those
 * whose samples are scaled (`EulerDiscreteScheduler`), which diffusers' pipeline starts at the wrong noise level.
 */
export class DDPMPipeline extends DiffusionPipelineBase {
  /** The class as `model_index.json` names it. */
  static readonly className: string = className;
  /** How many steps a run takes where nobody says. */
  static readonly defaultInferenceSteps: number = 1000;

  override readonly className: string = className;
  protected override readonly noiseProcess: NoiseProcess = "betas";

  /**
   * Makes images. Random numbers are drawn for the latents first, then (with `DDPMScheduler`) for each step but the last.
   *
   * @throws InvalidArgumentError where an option is wrong; before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: DDPMGenerateOptions<Output> = {},
  ): Promise<ImagePipelineOutput<Output>> {
    const options = readOptions(given);
    const run = await this.beginSampling(options, DDPMPipeline);
    return toOutput(toPixels(await denoise(run, options)), options.outputType, run.classLabels);
  }
}
