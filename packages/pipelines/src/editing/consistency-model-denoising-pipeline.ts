import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { runSteps } from "../sampling/denoise.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import type { ClassConditionalOutput } from "../unconditional/unet-2d-pipeline.ts";
import { predictAtSigmas, requireConsistencyScheduler } from "./consistency-scheduler.ts";
import type { EditOptions } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase } from "./editing-pipeline.ts";
import { prepareImages, repeatForBatch, toSample } from "./images.ts";

/** Options of {@link ConsistencyModelDenoisingPipeline.generate}. */
export interface ConsistencyModelDenoisingOptions<Output extends OutputType = OutputType>
  extends Omit<EditOptions<Output>, "latents" | "numInferenceSteps" | "resizeMode" | "timesteps"> {
  /**
   * Standard deviation of the noise, in the units of the scheduler's `sigmas`, for pixels from -1 to 1. For a deviation
   * d on pixels from 0 to 255, pass `2 * d / 255`.
   */
  readonly sigma: number;
}

const optionNames: OptionNames<ConsistencyModelDenoisingOptions> = {
  image: true,
  sigma: true,
  batchSize: true,
  classLabels: true,
  generator: true,
  seed: true,
  outputType: true,
  onStepEnd: true,
  onProgress: true,
  signal: true,
};

/**
 * Removes Gaussian noise of a known level from an image in one step (Song et al., 2023, appendix D). The level can be
 * anything from `sigmaMin` to `sigmaMax`, including values between grid points.
 *
 * Images must have the model's size, because resizing alters the noise. Noisy tensors may exceed 0 to 1; 8-bit images
 * clip such values, so for strong noise a tensor gives better results.
 *
 * @example
 * const edit = ConsistencyModelDenoisingPipeline.fromPipe(pipe); // the same model, not loaded again
 * const { images } = await edit.generate({ image, sigma: (2 * 25) / 255, seed: 0 });
 */
export class ConsistencyModelDenoisingPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelDenoisingPipeline>;

  /**
   * Denoises images. Random numbers are drawn only for class labels, if the model has classes and none are given.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelDenoisingOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelDenoisingPipeline", optionNames);
    const { image, sigma } = options;
    const [channels, height, width] = this.imageShape;
    const scheduler = requireConsistencyScheduler(this.scheduler);
    const { sigmaMin, sigmaMax } = scheduler.config;
    if (!(sigma >= sigmaMin && sigma <= sigmaMax)) {
      throw new InvalidArgumentError({
        subject: "sigma",
        found: describeValue(sigma),
        expected: `a noise level that the model was trained for, ${sigmaMin} to ${sigmaMax}`,
        remedy:
          "Pass the deviation of the noise on pixels of -1 to 1: 2 * d / 255 for d on pixels of 0 to 255.",
      });
    }
    const size = { height, width };
    const { pixels } = prepareImages(image, { subject: "image", channels, size, isNoisy: true });
    const { predict, classLabels, latents } = await this.beginEdit(
      options,
      { image: pixels.shape[0] ?? 0 },
      false,
    );
    const [batchSize = 0] = latents.shape;
    const run = {
      scheduler: { timesteps: Float64Array.of(scheduler.sigmaToT(sigma)) },
      sample: toSample(repeatForBatch(pixels, batchSize)),
    };
    const sigmas = new Array<number>(batchSize).fill(sigma);
    const denoised = await runSteps(run, options, async (sample) => ({
      sample: await predictAtSigmas({ predict, scheduler, sample, sigmas }),
    }));
    return this.finish({ classLabels }, toPixels(denoised), options);
  }
}
