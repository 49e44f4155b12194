import {
  ImageError,
  InvalidArgumentError,
  type Pixels,
  RasterImage,
  type ResizeOptions,
  Tensor,
} from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { fitImages, type ResizeMode } from "./fit-images.ts";

/**
 * Images to edit: one, several, or float32 [batch, channels, height, width] in [0, 1]. Grey images are spread over the
 * channels of a model for colour. One image serves a whole batch.
 */
export type ImageInput = RasterImage | readonly RasterImage[] | Tensor<"float32">;

/** What values images may have. */
interface PixelRange {
  /** Whether values beyond 0 to 1 are allowed, as noise makes them. */
  readonly isUnbounded?: boolean | undefined;
}

/**
 * The images of an option, each as float32 [1, channels, height, width] in [0, 1].
 *
 * @param subject - The option.
 * @throws InvalidArgumentError if there is no image, or something else is among them.
 * @throws ImageError where a tensor is not of that shape, or a value is not a number within the range.
 */
export function listImages(
  subject: string,
  input: ImageInput,
  range: PixelRange = {},
): readonly Tensor<"float32">[] {
  if (isTensor(input)) return splitTensor(subject, input, range);
  const images: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (images.length === 0) throw invalid(subject, "an empty list");
  return images.map((image) => {
    if (isPixels(image)) return new RasterImage(image).toTensor();
    throw invalid(subject, image === null ? "null" : typeof image);
  });
}

function splitTensor(
  subject: string,
  tensor: Tensor<"float32">,
  { isUnbounded = false }: PixelRange,
): readonly Tensor<"float32">[] {
  const { dtype, shape, data } = tensor;
  if (dtype !== "float32" || shape.length !== 4 || data.length === 0) {
    throw new ImageError({
      subject,
      found: tensor.describe(),
      expected: "float32 [batch, channels, height, width] with at least one pixel",
      remedy: "Pass pixels in that shape, or RasterImages.",
    });
  }
  const wrong = data.findIndex((value) => !(isUnbounded ? Number.isFinite(value) : value >= 0 && value <= 1));
  if (wrong >= 0) {
    throw new ImageError({
      subject,
      found: `${data[wrong]} as element ${wrong} of ${tensor.describe()}`,
      expected: isUnbounded ? "numbers that are finite" : "values from 0 to 1",
      remedy: "Scale the pixels to [0, 1] first: black is 0 and white 1.",
    });
  }
  return Array.from({ length: shape[0] ?? 0 }, (_, item) => tensor.slice(item, item + 1));
}

/** By its shape, so that tensors and images of another copy of the package are known too. */
function isTensor(input: unknown): input is Tensor<"float32"> {
  return typeof input === "object" && input !== null && "dtype" in input && "shape" in input;
}

function isPixels(value: unknown): value is Pixels {
  return typeof value === "object" && value !== null && "width" in value && "channels" in value;
}

function invalid(subject: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found,
    expected: "a RasterImage, a list of them, or a float32 tensor [batch, channels, height, width] in [0, 1]",
    remedy: "Read a file with `RasterImage.load`, or bytes with `RasterImage.decode`.",
  });
}

/** What images are brought to. */
export interface ImageTarget {
  /** The option, for messages. */
  readonly subject: string;
  readonly size: ResizeOptions;
  readonly channels: number;
  readonly resizeMode?: ResizeMode | undefined;
  /** Whether the images are noisy: values may then be outside of 0 to 1, and the size must match. */
  readonly isNoisy?: boolean;
}

/** Images as a model takes them. */
export interface PreparedImages {
  /** float32 [images, channels, height, width] in [0, 1]. */
  readonly pixels: Tensor<"float32">;
  /** The size that each had before. */
  readonly originalSizes: readonly ResizeOptions[];
}

/**
 * The images of an option in one size and number of channels.
 *
 * @throws InvalidArgumentError if there is no image, or the resize mode is unknown.
 * @throws ImageError where an image has channels that the model does not take, or pixels that are no numbers.
 */
export function prepareImages(input: ImageInput, target: ImageTarget): PreparedImages {
  const { subject, size, channels, isNoisy = false } = target;
  const mode = checkResizeMode(target.resizeMode);
  const originalSizes: ResizeOptions[] = [];
  const images = listImages(subject, input, { isUnbounded: isNoisy }).map((image, index) => {
    const [, found = 0, height = 0, width = 0] = image.shape;
    originalSizes.push({ height, width });
    if (found !== channels && found !== 1) {
      throw new ImageError({
        subject: `${subject} ${index}`,
        found: `${found} channels`,
        expected:
          channels === 1
            ? "1 channel, as the model has"
            : `${channels} channels, as the model has, or 1 for grey`,
        remedy: "Convert the image first.",
      });
    }
    if (isNoisy && (height !== size.height || width !== size.width)) {
      throw new ImageError({
        subject: `${subject} ${index}`,
        found: `${width} x ${height} pixels`,
        expected: `${size.width} x ${size.height}, the size of the model's images`,
        remedy:
          "Noise does not survive resizing: bring the image to that size before the noise, or cut it out.",
      });
    }
    return repeatChannels(fitImages(image, size, mode), channels);
  });
  return { pixels: Tensor.concat(images), originalSizes };
}

/** @throws InvalidArgumentError unless it is a resize mode. */
function checkResizeMode(mode: ResizeMode = "default"): ResizeMode {
  if (["default", "crop", "fill"].includes(mode)) return mode;
  throw new InvalidArgumentError({
    subject: "resizeMode",
    found: describeValue(mode),
    expected: '"default", "crop" or "fill"',
    remedy: 'Use "default" to stretch, "crop" to cut off, "fill" to pad.',
  });
}

function repeatChannels(image: Tensor<"float32">, channels: number): Tensor<"float32"> {
  const [, found = 0, height = 0, width = 0] = image.shape;
  if (found === channels) return image;
  const copies = Tensor.concat(new Array<Tensor<"float32">>(channels).fill(image));
  return copies.reshape([1, channels, height, width]);
}

/** Weights of red, green and blue in the grey that Pillow converts to (ITU-R BT.601). */
const greyWeights = [0.299, 0.587, 0.114];

/** What a mask has to fit to. */
export interface MaskTarget {
  /** The sizes of the images that it is for. */
  readonly imageSizes: readonly ResizeOptions[];
  readonly size: ResizeOptions;
  readonly resizeMode: ResizeMode | undefined;
}

/**
 * The masks of an option: 0 where the image is known, 1 where it is to be made. A mask has the size of its image and is
 * resized with it, which makes its edges soft.
 *
 * @returns float32 [masks, 1, height, width] in [0, 1].
 * @throws InvalidArgumentError if there is no mask.
 * @throws ImageError where a mask has another size than its image, or neither 1 nor 3 channels, or pixels that are no
 * numbers from 0 to 1.
 */
export function prepareMask(
  input: ImageInput,
  { imageSizes, size, resizeMode }: MaskTarget,
): Tensor<"float32"> {
  const mode = checkResizeMode(resizeMode);
  const masks = listImages("mask", input);
  const isOneEach = masks.length === imageSizes.length;
  masks.forEach((mask, index) => {
    requireSize(mask, index, isOneEach ? imageSizes.slice(index, index + 1) : imageSizes);
  });
  return Tensor.concat(masks.map((mask, index) => fitImages(toGrey(mask, index), size, mode)));
}

function requireSize({ shape }: Tensor, index: number, imageSizes: readonly ResizeOptions[]): void {
  const [, , height, width] = shape;
  const other = imageSizes.find((size) => size.height !== height || size.width !== width);
  if (other === undefined) return;
  throw new ImageError({
    subject: `mask ${index}`,
    found: `${width} x ${height} pixels`,
    expected: `${other.width} x ${other.height}, the size of its image`,
    remedy: "Make the mask for the image as you pass it; both are resized together.",
  });
}

function toGrey(mask: Tensor<"float32">, index: number): Tensor<"float32"> {
  const [, channels = 0, height = 0, width = 0] = mask.shape;
  if (channels === 1) return mask;
  if (channels !== 3) {
    throw new ImageError({
      subject: `mask ${index}`,
      found: `${channels} channels`,
      expected: "1, or 3 of which the brightness counts",
      remedy: "Pass a grey image: black where pixels are kept, white where they are repainted.",
    });
  }
  const area = height * width;
  const grey = Tensor.zeros([1, 1, height, width]);
  for (let pixel = 0; pixel < area; pixel += 1) {
    grey.data[pixel] = greyWeights.reduce(
      (sum, weight, channel) => sum + weight * (mask.data[channel * area + pixel] ?? 0),
      0,
    );
  }
  return grey.clamp(0, 1);
}

/** One item for each of a batch: as they are, or the only one again and again. */
export function repeatForBatch(items: Tensor<"float32">, batchSize: number): Tensor<"float32"> {
  if (items.shape[0] === batchSize) return items;
  return Tensor.concat(new Array<Tensor<"float32">>(batchSize).fill(items));
}

/** From the range of pixels, 0 to 1, to that which models work in, -1 to 1. */
export function toSample(pixels: Tensor<"float32">): Tensor<"float32"> {
  return pixels.mul(2).sub(1);
}
