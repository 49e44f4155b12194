import { InvalidArgumentError, RasterImage } from "@onestep/core";
import { resizeAsPillow } from "@onestep/core/internal";
import type { Size } from "./conditions.ts";

/** A part of an image: from left and top to right and bottom, the last two excluded. */
export interface CropRegion {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The region around the non-black part of a mask, plus a margin, expanded to the aspect ratio of `size`; diffusers'
 * `VaeImageProcessor.get_crop_region`.
 *
 * @param mask - Grey.
 * @throws InvalidArgumentError if the mask is black.
 */
export function cropRegionOf(mask: RasterImage, size: Size, padding: number): CropRegion {
  const { width, height, data } = mask;
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const [index, value] of data.entries()) {
    if (value === 0) continue;
    const [column, row] = [index % width, Math.floor(index / width)];
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  }
  if (right === 0) {
    throw new InvalidArgumentError({
      subject: "maskImage",
      found: "a mask that is black everywhere",
      expected: "white where the image is repainted",
      remedy: "Paint what is to change in white, or leave `paddingMaskCrop` out.",
    });
  }
  const region = {
    left: Math.max(left - padding, 0),
    top: Math.max(top - padding, 0),
    right: Math.min(right + padding, width),
    bottom: Math.min(bottom + padding, height),
  };
  const ratio = size.width / size.height;
  const [wide, tall] = [region.right - region.left, region.bottom - region.top];
  if (wide / tall > ratio) {
    const [start, end] = grow(region.top, region.bottom, Math.trunc(wide / ratio - tall), height);
    return { ...region, top: start, bottom: end };
  }
  const [start, end] = grow(region.left, region.right, Math.trunc(tall * ratio - wide), width);
  return { ...region, left: start, right: end };
}

/** Extends both ends, within the image. */
function grow(start: number, end: number, added: number, length: number): readonly [number, number] {
  let [first, last] = [start - Math.floor(added / 2), end + added - Math.floor(added / 2)];
  if (last >= length) {
    first -= last - length;
    last = length;
  }
  if (first < 0) {
    last -= first;
    first = 0;
  }
  return [first, Math.min(last, length)];
}

/** Crops an image. */
export function cropImage(image: RasterImage, { left, top, right, bottom }: CropRegion): RasterImage {
  const { channels } = image;
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const start = ((top + row) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + width * channels), row * width * channels);
  }
  return new RasterImage({ data, width, height, channels });
}

/**
 * Scales an image to fit a size, and pads it by extending its edges; diffusers' `resize_mode="fill"`.
 */
export function resizeAndFill(image: RasterImage, size: Size): RasterImage {
  const isWider = size.width * image.height < image.width * size.height;
  const scaled = {
    width: isWider ? size.width : Math.floor((image.width * size.height) / image.height),
    height: isWider ? Math.floor((image.height * size.width) / image.width) : size.height,
  };
  return place(new RasterImage(resizeAsPillow(image, scaled)), size);
}

/** Scales an image to cover a size, and crops the rest; diffusers' `resize_mode="crop"`. */
export function resizeAndCrop(image: RasterImage, size: Size): RasterImage {
  const isWider = size.width * image.height > image.width * size.height;
  const scaled = {
    width: isWider ? size.width : Math.floor((image.width * size.height) / image.height),
    height: isWider ? Math.floor((image.height * size.width) / image.width) : size.height,
  };
  return place(new RasterImage(resizeAsPillow(image, scaled)), size);
}

/**
 * Centres an image in a size, padding it by extending its edges: an eighth of the step from the next pixel beyond the
 * last, as Pillow extends them.
 */
function place(image: RasterImage, { height, width }: Size): RasterImage {
  const { channels } = image;
  const left = Math.floor(width / 2) - Math.floor(image.width / 2);
  const top = Math.floor(height / 2) - Math.floor(image.height / 2);
  const nearest = (position: number, length: number): number => Math.min(length - 1, Math.max(0, position));
  const inner = (position: number, length: number): number =>
    nearest(position < 0 ? 1 : position >= length ? length - 2 : position, length);
  const data = new Uint8ClampedArray(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const [y, x] = [row - top, column - left];
      const edge = nearest(y, image.height) * image.width + nearest(x, image.width);
      const next = inner(y, image.height) * image.width + inner(x, image.width);
      for (let channel = 0; channel < channels; channel += 1) {
        const value = image.data[edge * channels + channel] as number;
        const beside = image.data[next * channels + channel] as number;
        const extended = Math.floor(value + (value - beside) / 8 + 0.5);
        data[(row * width + column) * channels + channel] = extended;
      }
    }
  }
  return new RasterImage({ data: new Uint8Array(data.buffer), width, height, channels });
}

/**
 * Pastes a repainted crop back into its image: the original is kept where the mask is black, and blended where it is
 * grey; diffusers' `VaeImageProcessor.apply_overlay`.
 *
 * @param original - RGB, with the size of the mask.
 * @param mask - Grey.
 */
export function applyOverlay(
  original: RasterImage,
  mask: RasterImage,
  made: RasterImage,
  region: CropRegion,
): RasterImage {
  const { width, height } = original;
  const size = { height: region.bottom - region.top, width: region.right - region.left };
  const fitted = resizeAndCrop(made, size);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const pixel = row * width + column;
      const isMade =
        row >= region.top && row < region.bottom && column >= region.left && column < region.right;
      const source = ((row - region.top) * size.width + column - region.left) * 3;
      const opacity = 255 - (mask.data[pixel] as number);
      for (let channel = 0; channel < 3; channel += 1) {
        const below = isMade ? (fitted.data[source + channel] as number) : 0;
        const above = original.data[pixel * 3 + channel] as number;
        data[pixel * 3 + channel] = Math.round((above * opacity + below * (255 - opacity)) / 255);
      }
    }
  }
  return new RasterImage({ data, width, height, channels: 3 });
}
