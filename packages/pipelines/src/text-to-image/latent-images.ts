import {
  type Generator,
  ImageError,
  InvalidArgumentError,
  imageFromTensor,
  type Pixels,
  RasterImage,
  Tensor,
} from "@onestep/core";
import { describeValue, nextTask, resizeAsPillow, warn } from "@onestep/core/internal";
import type { ImageInput } from "../editing/images.ts";
import type { LatentAutoencoder, SafetyChecker } from "./components.ts";
import type { LatentOutputType } from "./options.ts";

/** The result of a latent pipeline's `generate`. */
export interface LatentPipelineOutput<Output extends LatentOutputType = "image"> {
  /**
   * One RasterImage per image; or one float32 tensor, [batch, channels, height, width]: pixels in [0, 1], or latents.
   */
  readonly images: Output extends "image" ? readonly RasterImage[] : Tensor<"float32">;
  /** Whether the safety checker made an image black, for each; null if there is no checker, and for latents. */
  readonly nsfwContentDetected: readonly boolean[] | null;
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Converts images to autoencoder input, [images, 3, height, width], −1 to 1; a tensor with the channel count of latents
 * is returned unchanged. Diffusers' `VaeImageProcessor.preprocess`.
 *
 * RasterImages are resized with a Lanczos filter, tensors by nearest neighbour. Alpha is dropped, as in Pillow's
 * conversion to RGB.
 *
 * @param size - Defaults to the size of the first image, rounded down to multiples of `factor`.
 * @throws InvalidArgumentError, ImageError if there is no image, or one is invalid.
 */
export function readImages(
  subject: string,
  input: ImageInput | undefined,
  {
    latentChannels,
    factor,
    size,
  }: { readonly latentChannels: number; readonly factor: number; readonly size?: Size },
): Tensor<"float32"> {
  const target = (own: Size): Size =>
    size ?? { height: own.height - (own.height % factor), width: own.width - (own.width % factor) };
  if (isTensor(input)) {
    requireTensor(subject, input, [3, 1, latentChannels]);
    const [, channels, height = 0, width = 0] = input.shape;
    if (channels === latentChannels && channels !== 3) return input;
    requireUnitRange(subject, input);
    const resized = resizeNearest(input, target({ height, width }));
    return (channels === 1 ? repeatChannels(resized, 3) : resized).mul(2).sub(1);
  }
  const images = listRasterImages(subject, input);
  const fitted = target(images[0] as RasterImage);
  if (fitted.height < 1 || fitted.width < 1) {
    const [first] = images as [RasterImage];
    throw new ImageError({
      subject,
      found: `${first.width} x ${first.height} pixels`,
      expected: `at least ${factor} x ${factor}`,
      remedy: "Pass a larger image.",
    });
  }
  return Tensor.concat(
    images.map((image) => new RasterImage(resizeAsPillow(toRgb(image), fitted)).toTensor().mul(2).sub(1)),
  );
}

/**
 * Converts masks to [masks, 1, height, width], 1 for areas to generate, 0 elsewhere; diffusers' `VaeImageProcessor` with
 * `do_binarize` and `do_convert_grayscale`. Values from half white become 1; alpha is dropped.
 *
 * @throws InvalidArgumentError, ImageError if there is no mask, or one is invalid.
 */
export function readMask(subject: string, input: ImageInput | undefined, size: Size): Tensor<"float32"> {
  const grey = isTensor(input)
    ? resizeNearest(requireMaskTensor(subject, input), size)
    : Tensor.concat(
        listRasterImages(subject, input).map((image) =>
          toGrey(new RasterImage(resizeAsPillow(withoutOpacity(image), size))).toTensor(),
        ),
      );
  const data = grey.data.map((value) => Number(value >= 0.5));
  warnOfMask(subject, input, data);
  return new Tensor("float32", data, grey.shape);
}

/** Warns about a mask that selects nothing or everything, which is rarely meant. */
function warnOfMask(subject: string, input: ImageInput | undefined, data: Float32Array): void {
  const [first] = data;
  if (data.some((value) => value !== first)) return;
  const images = isTensor(input) ? [] : listRasterImages(subject, input);
  const largest = images.reduce(
    (most, { data: pixels }) => pixels.reduce((above, value) => Math.max(above, value), most),
    0,
  );
  const hasShape = images.some((image) => {
    const [opacity] = image.data.subarray(image.channels - 1);
    const isOpacity = image.channels % 2 === 0;
    return (
      isOpacity && image.data.some((value, index) => (index + 1) % image.channels === 0 && value !== opacity)
    );
  });
  const hint = hasShape
    ? " Its opacity varies, and only its colours count: paint what to repaint in white."
    : images.length > 0 && largest === 1
      ? " Its values are 0 and 1, and white is 255."
      : "";
  warn(
    `${subject}: ${first === 1 ? "white everywhere: all of the image is repainted" : "black everywhere: nothing is repainted"}.${hint}`,
    "options",
  );
}

function requireMaskTensor(subject: string, mask: Tensor<"float32">): Tensor<"float32"> {
  requireTensor(subject, mask, [1]);
  requireUnitRange(subject, mask);
  return mask;
}

/** Checked structurally, so that tensors from another copy of the package pass too. */
function isTensor(input: unknown): input is Tensor<"float32"> {
  return typeof input === "object" && input !== null && "dtype" in input && "shape" in input;
}

function requireTensor(subject: string, tensor: Tensor<"float32">, channels: readonly number[]): void {
  const { dtype, shape, data } = tensor;
  const isImage = dtype === "float32" && shape.length === 4 && data.length > 0;
  if (isImage && channels.includes(shape[1] as number)) return;
  throw new ImageError({
    subject,
    found: tensor.describe(),
    expected: `float32 [images, ${channels[0]}, height, width], 0 to 1`,
    remedy: "Pass pixels in that shape, or RasterImages.",
  });
}

function requireUnitRange(subject: string, { data }: Tensor<"float32">): void {
  const wrong = data.find((value) => !(value >= 0 && value <= 1));
  if (wrong === undefined) return;
  throw new ImageError({
    subject,
    found: `${wrong} among the pixels`,
    expected: "values from 0 to 1",
    remedy: "Scale the pixels to [0, 1] first: black is 0 and white 1.",
  });
}

/** RasterImages of an option. @throws InvalidArgumentError if there is anything else. */
export function listRasterImages(subject: string, input: unknown): readonly RasterImage[] {
  const images: readonly unknown[] = Array.isArray(input) ? input : [input];
  const isPixels = (value: unknown): value is Pixels =>
    typeof value === "object" && value !== null && "width" in value && "channels" in value;
  if (images.length >= 1 && images.every(isPixels)) return images.map((image) => new RasterImage(image));
  throw new InvalidArgumentError({
    subject,
    found: describeValue(input),
    expected:
      "a RasterImage, a list of them, or a float32 tensor [images, channels, height, width] in [0, 1]",
    remedy: "Decode the bytes of a file with `RasterImage.decode`.",
  });
}

/** An image without its alpha channel. */
export function withoutOpacity(image: RasterImage): RasterImage {
  return image.channels === 2 ? pick(image, [0]) : image.channels === 4 ? pick(image, [0, 1, 2]) : image;
}

/** An image as RGB, without alpha. */
export function toRgb(image: RasterImage): RasterImage {
  if (image.channels === 3) return image;
  return pick(image, image.channels === 4 ? [0, 1, 2] : [0, 0, 0]);
}

/** An image with these channels of another. */
function pick(image: RasterImage, channels: readonly number[]): RasterImage {
  const count = image.width * image.height;
  const data = new Uint8Array(count * channels.length);
  for (let pixel = 0; pixel < count; pixel += 1) {
    for (const [index, channel] of channels.entries()) {
      data[pixel * channels.length + index] = image.data[pixel * image.channels + channel] as number;
    }
  }
  return new RasterImage({
    data,
    width: image.width,
    height: image.height,
    channels: channels.length as 1 | 3,
  });
}

/** Luma as in Pillow's conversion to "L" (ITU-R BT.601, in integers). */
export function toGrey(image: RasterImage): RasterImage {
  if (image.channels === 1) return image;
  const count = image.width * image.height;
  const data = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = image.data.subarray(pixel * 3, pixel * 3 + 3);
    data[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >>> 16;
  }
  return new RasterImage({ data, width: image.width, height: image.height, channels: 1 });
}

/** Nearest-neighbour resizing, the default of `torch.nn.functional.interpolate`. */
export function resizeNearest(images: Tensor<"float32">, { height, width }: Size): Tensor<"float32"> {
  const [batch = 0, channels = 0, fromHeight = 0, fromWidth = 0] = images.shape;
  if (height === fromHeight && width === fromWidth) return images;
  const data = new Float32Array(batch * channels * height * width);
  const rows = nearest(fromHeight, height);
  const columns = nearest(fromWidth, width);
  let index = 0;
  for (let plane = 0; plane < batch * channels; plane += 1) {
    for (const row of rows) {
      for (const column of columns) {
        data[index] = images.data[(plane * fromHeight + row) * fromWidth + column] as number;
        index += 1;
      }
    }
  }
  return new Tensor("float32", data, [batch, channels, height, width]);
}

function nearest(from: number, to: number): readonly number[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, index) => Math.min(Math.floor(Math.fround(index * scale)), from - 1));
}

function repeatChannels(images: Tensor<"float32">, channels: number): Tensor<"float32"> {
  const [batch = 0, , height = 0, width = 0] = images.shape;
  const planes = Array.from({ length: batch }, (_, item) => {
    const plane = images.slice(item, item + 1);
    const copies = Tensor.concat(new Array<Tensor<"float32">>(channels).fill(plane));
    return copies.reshape([1, channels, height, width]);
  });
  return Tensor.concat(planes);
}

/**
 * Repeats images to fill the batch, as diffusers does.
 *
 * @throws InvalidArgumentError if their number does not divide the batch size.
 */
export function fillBatch(subject: string, images: Tensor<"float32">, batch: number): Tensor<"float32"> {
  const [count = 0] = images.shape;
  if (count >= 1 && batch % count === 0) {
    return count === batch ? images : Tensor.concat(new Array<typeof images>(batch / count).fill(images));
  }
  throw new InvalidArgumentError({
    subject,
    found: `${count} images for ${batch}`,
    expected: `1 for all, ${batch}, or a divisor of that`,
    remedy: "Pass one image, or as many as prompts times `numImagesPerPrompt`.",
  });
}

/** An autoencoder, and how its latents relate to those of the UNet. */
export interface LatentSpace {
  readonly vae: LatentAutoencoder;
  /** Whether the autoencoder computes in float32 even if it is loaded in float16. */
  readonly upcast: boolean;
  /** The mean of each channel, subtracted before scaling; null for 0. */
  readonly mean: readonly number[] | null;
  /** The standard deviation of each channel; null for 1. */
  readonly std: readonly number[] | null;
  /** Checks the images that are decoded; null if nothing does. */
  readonly safetyChecker: SafetyChecker | null;
}

/**
 * Encodes images to UNet latents: sampled from the autoencoder's distribution and scaled. With one generator per image,
 * each image is sampled separately.
 *
 * @param images - The result of {@link readImages}. Latents are returned unchanged.
 * @throws ImageError if the autoencoder produces non-finite values.
 */
export async function encodeImages(
  { vae, upcast, mean, std }: LatentSpace,
  images: Tensor<"float32">,
  generator: Generator | readonly Generator[],
  signal: AbortSignal | undefined,
): Promise<Tensor<"float32">> {
  if (images.shape[1] === vae.config.latentChannels && images.shape[1] !== 3) return images;
  const encoded = await vae.encode(images, { signal, upcast });
  const isPlain = "latents" in encoded;
  requireFiniteNumbers("vae", "what it encodes", isPlain ? encoded.latents : encoded.latentDist.mean, vae);
  const latents = isPlain ? encoded.latents : encoded.latentDist.sample(generator);
  const { scalingFactor } = vae.config;
  if (mean === null && std === null) return latents.mul(scalingFactor);
  return mapChannels(latents, (value, channel) => {
    const scaled = Math.fround(Math.fround(value - (mean?.[channel] ?? 0)) * scalingFactor);
    return scaled / (std?.[channel] ?? 1);
  });
}

/** Decodes latents to images, or returns them unchanged. */
export async function decodeLatents<Output extends LatentOutputType>(
  { vae, upcast, mean, std, safetyChecker }: LatentSpace,
  latents: Tensor<"float32">,
  outputType: Output | undefined,
  signal: AbortSignal | undefined,
): Promise<LatentPipelineOutput<Output>> {
  if (outputType === "latent") {
    return { images: latents, nsfwContentDetected: null } as LatentPipelineOutput<Output>;
  }
  const { scalingFactor } = vae.config;
  const scaled =
    mean === null && std === null
      ? latents.div(scalingFactor)
      : mapChannels(latents, (value, channel) => {
          const spread = Math.fround(value * (std?.[channel] ?? 1));
          return Math.fround(spread / scalingFactor) + (mean?.[channel] ?? 0);
        });
  const { sample } = await vae.decode(scaled, { signal, upcast });
  requireFiniteNumbers("vae", "the image that it decodes", sample, vae);
  const pixels = sample.div(2).add(0.5).clamp(0, 1);
  const nsfwContentDetected = safetyChecker && (await safetyChecker.check(pixels, { signal }));
  if (nsfwContentDetected !== null) blacken(pixels, nsfwContentDetected);
  if (outputType === "tensor") return { images: pixels, nsfwContentDetected } as LatentPipelineOutput<Output>;
  const images: RasterImage[] = [];
  for (let item = 0; item < (pixels.shape[0] ?? 0); item += 1) {
    await nextTask();
    images.push(imageFromTensor(pixels, item));
  }
  return { images, nsfwContentDetected } as unknown as LatentPipelineOutput<Output>;
}

/** Makes images black, in place. */
function blacken({ data, shape: [count = 1] }: Tensor<"float32">, isUnsafe: readonly boolean[]): void {
  const size = data.length / count;
  for (const [item, isBlack] of isUnsafe.entries()) if (isBlack) data.fill(0, item * size, (item + 1) * size);
  if (!isUnsafe.includes(true)) return;
  warn(
    "The safety checker found images that may not be safe for work, and they are black. Try another prompt or another seed.",
    "prompt",
  );
}

function mapChannels(
  latents: Tensor<"float32">,
  change: (value: number, channel: number) => number,
): Tensor<"float32"> {
  const [, channels = 1, height = 1, width = 1] = latents.shape;
  const data = latents.data.map((value, index) =>
    change(value, Math.floor(index / (height * width)) % channels),
  );
  return new Tensor("float32", data, latents.shape);
}

/**
 * Checks what a model returns, so that it does not become a black image.
 *
 * @param component - The model's name in the pipeline.
 * @throws ImageError if a number is not finite.
 */
export function requireFiniteNumbers(
  component: string,
  place: string,
  { data }: Tensor<"float32">,
  model: object,
): void {
  let sum = 0;
  for (let index = 0; index < data.length; index += 1) sum += data[index] as number;
  if (Number.isFinite(sum)) return;
  const wrong = data.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  const isHalf = "dtype" in model && model.dtype === "float16";
  throw new ImageError({
    subject: component,
    found: `${wrong} in ${place}`,
    expected: "finite numbers",
    remedy: `Check that the weights of the ${component} are those of the model and complete${isHalf ? '; where they are, load the pipeline with `dtype: "float32"`' : ""}.`,
  });
}

/** @throws InvalidArgumentError unless `outputType` is valid for latent pipelines. */
export function checkLatentOutputType(outputType: unknown): void {
  if (outputType === undefined || ["image", "tensor", "latent"].includes(outputType as string)) return;
  throw new InvalidArgumentError({
    subject: "outputType",
    found: describeValue(outputType),
    expected: '"image", "tensor" or "latent"',
    remedy: 'Use "image" for pictures to save, "tensor" for pixels, "latent" for what they are decoded from.',
  });
}
