import { InvalidArgumentError, type RasterImage, randnTensor, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { ImageInput } from "../editing/images.ts";
import { withNoiseAhead } from "../sampling/noise-ahead.ts";
import { checkLatents, resolveGenerator } from "../sampling/resolve-batch.ts";
import { concatChannels, type Size } from "./conditions.ts";
import { type RunContext, requireChannels } from "./latent-diffusion-pipeline.ts";
import {
  decodeLatents,
  encodeImages,
  fillBatch,
  type LatentPipelineOutput,
  listRasterImages,
  readImages,
  readMask,
  resizeNearest,
  toGrey,
  toRgb,
  withoutOpacity,
} from "./latent-images.ts";
import { runLatentSteps, setTimesteps, timestepsOf } from "./latent-run.ts";
import { applyOverlay, cropImage, cropRegionOf, resizeAndFill } from "./mask-crop.ts";
import { type LatentOutputType, type PromptRunOptions, resolveSize } from "./options.ts";
import {
  fillGenerators,
  type ImageToImageOptions,
  imageOptionNames,
  requireGiven,
} from "./run-from-image.ts";
import { latentShape, type RunSettings } from "./run-from-text.ts";

/** Options of inpainting pipelines. */
export interface InpaintOptions extends ImageToImageOptions {
  /** White areas are repainted, black areas kept; resized with the image. */
  readonly maskImage?: ImageInput | undefined;
  /**
   * Repaints only the area around the mask, with a margin of this many pixels, at full resolution; the rest stays
   * unchanged. Requires one RasterImage, one RasterImage mask, and image output.
   */
  readonly paddingMaskCrop?: number | undefined;
}

/** The names of {@link InpaintOptions}. */
export const inpaintOptionNames: OptionNames<InpaintOptions> = {
  ...imageOptionNames,
  maskImage: true,
  paddingMaskCrop: true,
};

/** The differences between pipelines. */
export interface InpaintSettings extends RunSettings {
  /** The default of `strength`. */
  readonly defaultStrength: number;
}

/** Besides the latents, an inpainting model takes a mask and the latents of the masked image. */
const maskChannels = 1;

/**
 * Repaints the masked part of images. Random numbers are drawn in diffusers' order: image latents, if used; noise;
 * masked image latents; steps.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export async function runInpainting<Output extends LatentOutputType>(
  { pipeline, latentSpace, unet, scheduler, conditions, defaultSize }: RunContext,
  options: PromptRunOptions & InpaintOptions & { readonly outputType?: Output | undefined },
  settings: InpaintSettings,
): Promise<LatentPipelineOutput<Output>> {
  const { signal, strength = settings.defaultStrength } = options;
  const { vae } = latentSpace;
  const { latentChannels } = vae.config;
  const { batch } = conditions;
  const { inChannels } = unet.config;
  const known = 2 * latentChannels + maskChannels;
  requireChannels(pipeline, inChannels, [latentChannels, known], "Load another model.");
  const size = resolveSize(options, defaultSize, Math.max(8, vae.scaleFactor));
  const shape = latentShape({ vae, batch, size });
  const given = resolveGenerator(options, batch);
  checkLatents(options, shape);
  const read = { latentChannels, factor: vae.scaleFactor, size };
  const crop = options.paddingMaskCrop === undefined ? undefined : readCrop(options, size);
  const image = readImages("image", crop?.image ?? requireGiven("image", options.image), read);
  const mask = readMask("maskImage", crop?.mask ?? requireGiven("maskImage", options.maskImage), size);
  const images = fillGenerators("image", image, { batch, generator: given });
  const masks = fillGenerators("maskImage", mask, { batch, generator: given });
  const steps = setTimesteps(scheduler, options, settings.defaultInferenceSteps);
  const timesteps = timestepsOf(scheduler, steps, strength, true);
  const predictor = await conditions.encode(size);

  const [first = 0, ...others] = timesteps;
  const isBlended = inChannels === latentChannels;
  const isFull = strength === 1;
  const encode = async (some: Tensor<"float32">): Promise<Tensor<"float32">> =>
    fillBatch("image", await encodeImages(latentSpace, some, given, signal), batch);
  const imageLatents =
    isBlended || (options.latents === undefined && !isFull) ? await encode(images) : undefined;
  const generator = withNoiseAhead(given, shape);
  const noise = options.latents ?? randnTensor(shape, generator);
  const latents =
    options.latents !== undefined || isFull || imageLatents === undefined
      ? noise.mul(scheduler.initNoiseSigma)
      : scheduler.addNoise(imageLatents, noise, new Array<number>(batch).fill(first));
  const knownLatents = await encode(hide(images, masks));
  const latentMask = fillBatch(
    "maskImage",
    resizeNearest(masks, { height: shape[2] ?? 0, width: shape[3] ?? 0 }),
    batch,
  );
  const extra = isBlended ? undefined : concatChannels(latentMask, knownLatents);
  const run = {
    ...settings,
    scheduler,
    timesteps,
    generator,
    latents,
    predict: predictor(extra),
    afterStep: isBlended
      ? (made: Tensor<"float32">, step: number) => {
          const next = others[step];
          const original = imageLatents as Tensor<"float32">;
          const noised =
            next === undefined
              ? original
              : scheduler.addNoise(original, noise, new Array<number>(batch).fill(next));
          return blend(noised, made, latentMask);
        }
      : undefined,
  };
  const output = await decodeLatents(
    latentSpace,
    await runLatentSteps(run, options),
    options.outputType,
    signal,
  );
  if (crop === undefined) return output;
  const made = output.images as readonly RasterImage[];
  return {
    ...output,
    images: made.map((one) => crop.restore(one)),
  } as unknown as LatentPipelineOutput<Output>;
}

/** The crop to repaint separately, and how to paste it back. */
interface Crop {
  readonly image: RasterImage;
  readonly mask: RasterImage;
  readonly restore: (made: RasterImage) => RasterImage;
}

/** @throws InvalidArgumentError if there is more than one image, or the mask has another size. */
function readCrop(
  options: PromptRunOptions & InpaintOptions & { readonly outputType?: unknown },
  size: Size,
): Crop {
  const { image, maskImage, paddingMaskCrop: padding, outputType = "image" } = options;
  const isPadding = Number.isInteger(padding) && (padding as number) >= 0;
  const images = isTensorInput(image) ? [] : listRasterImages("image", requireGiven("image", image));
  const masks = isTensorInput(maskImage)
    ? []
    : listRasterImages("maskImage", requireGiven("maskImage", maskImage));
  const [original, mask] = [images[0], masks[0]];
  const isSame = original?.width === mask?.width && original?.height === mask?.height;
  if (
    !isPadding ||
    images.length !== 1 ||
    masks.length !== 1 ||
    !original ||
    !mask ||
    !isSame ||
    outputType !== "image"
  ) {
    throw new InvalidArgumentError({
      subject: "paddingMaskCrop",
      found: isPadding
        ? `${images.length} images and ${masks.length} masks as RasterImages, with the output ${describeValue(outputType)}`
        : describeValue(padding),
      expected:
        'whole pixels, one image and one mask of its size as RasterImages, and the outputType "image"',
      remedy: "Leave it out to repaint tensors or several images.",
    });
  }
  const rgb = toRgb(original);
  const grey = toGrey(withoutOpacity(mask));
  const region = cropRegionOf(grey, size, padding as number);
  return {
    image: resizeAndFill(cropImage(rgb, region), size),
    mask: resizeAndFill(cropImage(grey, region), size),
    restore: (made) => applyOverlay(rgb, grey, made, region),
  };
}

function isTensorInput(input: unknown): boolean {
  return typeof input === "object" && input !== null && "dtype" in input;
}

/** The masked images: grey (0) in the repainted areas. */
function hide(images: Tensor<"float32">, masks: Tensor<"float32">): Tensor<"float32"> {
  const [batch = 0, channels = 0, height = 0, width = 0] = images.shape;
  const area = height * width;
  const [maskCount = 1] = masks.shape;
  const count = Math.max(batch, maskCount);
  const data = new Float32Array(count * channels * area);
  for (let index = 0; index < data.length; index += 1) {
    const item = Math.floor(index / (channels * area));
    const mask = masks.data[(item % maskCount) * area + (index % area)] as number;
    const source = (item % batch) * channels * area + (index % (channels * area));
    data[index] = mask < 0.5 ? (images.data[source] as number) : 0;
  }
  return new Tensor("float32", data, [count, channels, height, width]);
}

/** `made` where the mask is 1, `known` where it is 0. */
function blend(
  known: Tensor<"float32">,
  made: Tensor<"float32">,
  mask: Tensor<"float32">,
): Tensor<"float32"> {
  const [, channels = 0, height = 0, width = 0] = made.shape;
  const area = height * width;
  const data = made.data.map((value, index) => {
    const item = Math.floor(index / (channels * area));
    const weight = mask.data[item * area + (index % area)] as number;
    return Math.fround((1 - weight) * (known.data[index] as number)) + Math.fround(weight * value);
  });
  return new Tensor("float32", data, made.shape);
}
