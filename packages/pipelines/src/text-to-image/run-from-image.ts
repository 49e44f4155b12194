import { type Generator, InvalidArgumentError, randnTensor, type Tensor } from "@onestep/core";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { Scheduler } from "@onestep/schedulers";
import type { ImageInput } from "../editing/images.ts";
import { withNoiseAhead } from "../sampling/noise-ahead.ts";
import { resolveGenerator } from "../sampling/resolve-batch.ts";
import type { RunContext } from "./latent-diffusion-pipeline.ts";
import { requireChannels } from "./latent-diffusion-pipeline.ts";
import {
  decodeLatents,
  encodeImages,
  fillBatch,
  type LatentPipelineOutput,
  readImages,
} from "./latent-images.ts";
import { runLatentSteps, setTimesteps, timestepsOf } from "./latent-run.ts";
import type { LatentOutputType, PromptRunOptions } from "./options.ts";
import type { RunSettings } from "./run-from-text.ts";

/** Options of image-to-image pipelines. */
export interface ImageToImageOptions {
  /** The input: images, resized to multiples of 8, or latents. One for all, or one per generated image. */
  readonly image?: ImageInput | undefined;
  /** How much to change it, 0 to 1: the fraction of the steps to run. */
  readonly strength?: number | undefined;
}

/** The names of {@link ImageToImageOptions}. */
export const imageOptionNames: OptionNames<ImageToImageOptions> = { image: true, strength: true };

/** The differences between pipelines. */
export interface ImageRunSettings extends RunSettings {
  /** The default of `strength`. */
  readonly defaultStrength: number;
  /** Whether the scheduler applies `strength` to its steps itself, as schedulers of distilled models do. */
  readonly isCutByScheduler?: boolean | undefined;
  /** The timesteps of a run whose start is not set by `strength`. */
  readonly begin?: ((scheduler: Scheduler) => Float64Array) | undefined;
  /** Whether to add noise to the image; true by default. */
  readonly isNoisy?: boolean | undefined;
}

/**
 * Runs image-to-image with a prompt (Meng et al., 2022). Random numbers are drawn for the image latents, for the noise,
 * and then for each step of a stochastic scheduler, in diffusers' order.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export async function runFromImage<Output extends LatentOutputType>(
  { pipeline, latentSpace, unet, scheduler, conditions }: RunContext,
  options: PromptRunOptions & ImageToImageOptions & { readonly outputType?: Output | undefined },
  settings: ImageRunSettings,
): Promise<LatentPipelineOutput<Output>> {
  const { signal, strength = settings.defaultStrength } = options;
  const { vae } = latentSpace;
  const { latentChannels } = vae.config;
  const { batch } = conditions;
  const remedy = "Load a model for inpainting with a pipeline for inpainting.";
  requireChannels(pipeline, unet.config.inChannels, [latentChannels], remedy);
  const given = resolveGenerator(options, batch);
  const images = fillGenerators(
    "image",
    readImages("image", requireGiven("image", options.image), { latentChannels, factor: vae.scaleFactor }),
    { batch, generator: given },
  );
  const timesteps = beginTimesteps(scheduler, options, settings, strength);
  const [first = 0] = timesteps;
  const isLatent = images.shape[1] === latentChannels && latentChannels !== 3;
  const [, , height = 0, width = 0] = images.shape;
  const factor = isLatent ? vae.scaleFactor : 1;
  const predict = (await conditions.encode({ height: height * factor, width: width * factor }))();
  const encoded = await encodeImages(latentSpace, images, given, signal);
  const latents = fillBatch("image", encoded, batch);
  const generator = withNoiseAhead(given, latents.shape);
  const noisy =
    settings.isNoisy === false
      ? latents
      : scheduler.addNoise(
          latents,
          randnTensor(latents.shape, generator),
          new Array<number>(batch).fill(first),
        );
  const run = { ...settings, scheduler, timesteps, generator, latents: noisy, predict };
  return decodeLatents(latentSpace, await runLatentSteps(run, options), options.outputType, signal);
}

function beginTimesteps(
  scheduler: Scheduler,
  options: PromptRunOptions,
  settings: ImageRunSettings,
  strength: number,
): Float64Array {
  const { defaultInferenceSteps, isCutByScheduler = false, begin } = settings;
  if (isCutByScheduler) {
    setTimesteps(scheduler, options, defaultInferenceSteps, { strength });
    return scheduler.timesteps;
  }
  const steps = setTimesteps(scheduler, options, defaultInferenceSteps);
  return begin?.(scheduler) ?? timestepsOf(scheduler, steps, strength);
}

/**
 * Matches images to the generators that sample their latents: a single generator samples each image once, and the
 * latents are repeated; with one generator per generated image, each samples its own.
 */
export function fillGenerators(
  subject: string,
  images: Tensor<"float32">,
  { batch, generator }: { readonly batch: number; readonly generator: Generator | readonly Generator[] },
): Tensor<"float32"> {
  const filled = fillBatch(subject, images, batch);
  return Array.isArray(generator) ? filled : images;
}

/** @throws InvalidArgumentError if there is none. */
export function requireGiven<Value>(subject: string, value: Value | undefined): Value {
  if (value !== undefined && value !== null) return value;
  throw new InvalidArgumentError({
    subject,
    found: "none",
    expected:
      "a RasterImage, a list of them, or a float32 tensor [images, channels, height, width] in [0, 1]",
    remedy: `Pass \`${subject}\`.`,
  });
}
