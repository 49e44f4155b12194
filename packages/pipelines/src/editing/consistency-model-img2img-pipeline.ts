import { InvalidArgumentError } from "@onestep/core";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { type OutputType, readOptions } from "../sampling/generate-options.ts";
import { toPixels } from "../sampling/image-output.ts";
import type { ClassConditionalOutput } from "../unconditional/unet-2d-pipeline.ts";
import { type EditOptions, editOptionNames, requireSteps, requireStrength } from "./edit-options.ts";
import { ConsistencyModelEditingPipelineBase, defaultEditingSteps } from "./editing-pipeline.ts";
import { repeatForBatch, toSample } from "./images.ts";
import { runEdit } from "./run-edit.ts";

/** Options of {@link ConsistencyModelImg2ImgPipeline.generate}. */
export interface ConsistencyModelImg2ImgOptions<Output extends OutputType = OutputType>
  extends EditOptions<Output> {
  /**
   * How much to change the image, above 0 to 1: the fraction of `numInferenceSteps` to run, counted from the end (as in
   * diffusers' img2img pipelines). 0.6 by default, which with 20 steps starts at noise of standard deviation 5.4, as in
   * the paper. With `timesteps`, the first one sets the noise level instead.
   */
  readonly strength?: number | undefined;
}

const optionNames: OptionNames<ConsistencyModelImg2ImgOptions> = { ...editOptionNames, strength: true };

/**
 * Image to image, especially for strokes and rough paintings: noise hides the image's detail, and the model generates
 * new detail (SDEdit, Meng et al., 2022; Song et al., 2023, appendix D, which uses `timesteps: [20, 16]` of a grid of
 * 40).
 *
 * @example
 * const edit = ConsistencyModelImg2ImgPipeline.fromPipe(pipe); // the same model, not loaded again
 * const { images } = await edit.generate({ image, strength: 0.6, classLabels: "fox", seed: 0 });
 */
export class ConsistencyModelImg2ImgPipeline extends ConsistencyModelEditingPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<ConsistencyModelImg2ImgPipeline>;

  /**
   * Generates images. If given, `latents` is the noise to add to the images.
   *
   * @throws InvalidArgumentError, ImageError if an option is invalid; thrown before any work.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends OutputType = "image">(
    given: ConsistencyModelImg2ImgOptions<Output>,
  ): Promise<ClassConditionalOutput<Output>> {
    const options = readOptions(given, "ConsistencyModelImg2ImgPipeline", optionNames);
    const { pixels, originalSizes } = this.prepareImages("image", options.image, options);
    const timesteps = this.#chooseTimesteps(options);
    const choice = { ...options, timesteps, numInferenceSteps: undefined };
    const { latents, ...run } = await this.beginEdit(choice, { image: originalSizes.length });
    const [batchSize = 0] = latents.shape;
    const images = toSample(repeatForBatch(pixels, batchSize));
    const sample = run.scheduler.addNoise(images, latents, run.scheduler.timesteps.slice(0, 1));
    return this.finish(run, toPixels(await runEdit({ ...run, sample }, options)), options);
  }

  #chooseTimesteps({
    strength,
    timesteps,
    numInferenceSteps,
  }: ConsistencyModelImg2ImgOptions): readonly number[] {
    if (timesteps !== undefined) {
      if (strength === undefined) return timesteps;
      throw new InvalidArgumentError({
        subject: "strength and timesteps",
        found: "both",
        expected: "one of the two",
        remedy: "Leave `strength` out: the timesteps say where to begin.",
        summary: "`strength` and `timesteps` cannot be used together.",
      });
    }
    const { length } = this.scheduler;
    const steps = requireSteps(numInferenceSteps ?? Math.min(defaultEditingSteps, length), length);
    const count = Math.floor(steps * requireStrength(strength));
    if (count === 0) {
      throw new InvalidArgumentError({
        subject: "strength",
        found: `${strength} of ${steps} steps, which is less than one`,
        expected: "at least one step",
        remedy: "Raise `strength` or `numInferenceSteps`.",
      });
    }
    const gap = Math.floor(length / steps);
    return Array.from({ length: count }, (_, step) => (steps - 1 - step) * gap);
  }
}
