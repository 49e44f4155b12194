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
 * Images to edit: one, several, or float32 [batch, channels, height, width] in [0, 1]. Grey images are repeated over the
 * channels of a colour model. A single image applies to the whole batch.
 */
export type ImageInput = RasterImage | readonly RasterImage[] | Tensor<"float32">;

/** The allowed image values. */
interface PixelRange {
  /** Whether to allow values beyond 0 to 1, as in noisy images. */
  readonly isUnbounded?: boolean | undefined;
}

/**
 * The images of an option, each as float32 [1, channels, height, width] in [0, 1].
 *
 * @param subject - The option.
 * @throws InvalidArgumentError if there is no image, or an item is not an image.
 * @throws ImageError if a tensor has the wrong shape, or a value is not a number within range.
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

/** Checked structurally, so that tensors and images from another copy of the package pass too. */
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
    remedy: "Decode the bytes of a file with `RasterImage.decode`.",
  });
}

/** The format to convert images to. */
export interface ImageTarget {
  /** The option, for messages. */
  readonly subject: string;
  readonly size: ResizeOptions;
  readonly channels: number;
  readonly resizeMode?: ResizeMode | undefined;
  /** Whether the images are noisy: if so, values may exceed 0 to 1, and the size must match. */
  readonly isNoisy?: boolean;
}

/** Images in a model's input format. */
export interface PreparedImages {
  /** float32 [images, channels, height, width] in [0, 1]. */
  readonly pixels: Tensor<"float32">;
  /** The original size of each. */
  readonly originalSizes: readonly ResizeOptions[];
}

/**
 * The images of an option, converted to one size and channel count.
 *
 * @throws InvalidArgumentError if there is no image, or the resize mode is unknown.
 * @throws ImageError if an image has an unsupported channel count, or pixels that are not numbers.
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

/** Pillow's greyscale weights of red, green and blue (ITU-R BT.601). */
const greyWeights = [0.299, 0.587, 0.114];

/** The images a mask must match. */
export interface MaskTarget {
  /** The sizes of its images. */
  readonly imageSizes: readonly ResizeOptions[];
  readonly size: ResizeOptions;
  readonly resizeMode: ResizeMode | undefined;
}

/**
 * The masks of an option: 0 for known pixels, 1 for pixels to generate. A mask has the size of its image and is resized
 * with it, which softens its edges.
 *
 * @returns float32 [masks, 1, height, width] in [0, 1].
 * @throws InvalidArgumentError if there is no mask.
 * @throws ImageError if a mask differs in size from its image, has neither 1 nor 3 channels, or has pixels that are not
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

/** One item per batch element: the items unchanged, or a single item repeated. */
export function repeatForBatch(items: Tensor<"float32">, batchSize: number): Tensor<"float32"> {
  if (items.shape[0] === batchSize) return items;
  return Tensor.concat(new Array<Tensor<"float32">>(batchSize).fill(items));
}

/** Maps pixels from 0 to 1 to the models' range, -1 to 1. */
export function toSample(pixels: Tensor<"float32">): Tensor<"float32"> {
  return pixels.mul(2).sub(1);
}
