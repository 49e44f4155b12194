import { ImageError, type ResizeOptions, Tensor } from "@onestep/core";
import { fitImages } from "./fit-images.ts";
import type { ImageInput, ResizeMode } from "./image-input.ts";
import { listImages } from "./list-images.ts";
import { checkResizeMode } from "./prepare-images.ts";

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
 * @throws InvalidArgumentError where there is none.
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
      remedy: "Pass a grey image: black where pixels stay, white where they are made anew.",
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
