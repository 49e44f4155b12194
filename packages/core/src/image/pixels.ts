import { describeValue } from "../config/describe-value.ts";
import { ImageError } from "../errors.ts";

/** 8-bit pixels: row by row from the top, the channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 for greyscale, 3 for RGB; 2 and 4 for these followed by alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** `width · height · channels` bytes. */
  readonly data: Uint8Array;
}

/**
 * Checks that the parts of an image fit together.
 *
 * @throws ImageError if they do not.
 */
export function checkPixels({ width, height, channels, data }: Pixels): void {
  const isSize = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  if (!isSize || ![1, 2, 3, 4].includes(channels)) {
    throw new ImageError({
      subject: "image",
      found: `${describeValue(width)} x ${describeValue(height)} pixels of ${describeValue(channels)} channels`,
      expected: "at least one pixel, of 1 to 4 channels",
      remedy: "Pass the size of the image, and grey or RGB pixels, with or without opacity.",
    });
  }
  const isBytes = Object.prototype.toString.call(data) === "[object Uint8Array]";
  if (!isBytes || data.length !== width * height * channels) {
    throw new ImageError({
      subject: "image",
      found: isBytes ? `${data.length} bytes` : Object.prototype.toString.call(data).slice(8, -1),
      expected: `a Uint8Array of ${width * height * channels} for ${width} x ${height} x ${channels}`,
      remedy: "Pass one byte for each channel of each pixel.",
    });
  }
}

/** A channel value (0 to 255) with opacity `alpha` (0 to 255), blended onto white and rounded. */
export function onWhite(value: number, alpha: number): number {
  return Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}

/** The type of the browser's `ImageData.colorSpace`, available without the DOM types. */
type ColorSpace = typeof globalThis extends { ImageData: { prototype: { colorSpace: infer Space } } }
  ? Space
  : "srgb" | "display-p3";

/** The shape of the browser's `ImageData`. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: ColorSpace;
  /** Red, green, blue and alpha of each pixel. */
  readonly data: Uint8ClampedArray;
}

/**
 * Pixels for a canvas, opaque if there is no alpha channel: an `ImageData` if the platform has it, otherwise an object
 * of the same shape.
 */
export function toImageData({ width, height, channels, data }: Pixels): ImageDataLike {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      rgba[4 * pixel + channel] = data[pixel * channels + (channels < 3 ? 0 : channel)] ?? 0;
    }
    rgba[4 * pixel + 3] = channels % 2 === 0 ? (data[(pixel + 1) * channels - 1] ?? 0) : 255;
  }
  if (typeof ImageData === "function") return new ImageData(rgba, width, height);
  return { width, height, colorSpace: "srgb", data: rgba };
}

/**
 * The RGB pixels of an `ImageData` from a canvas or a decoder; transparency is blended onto white.
 *
 * @throws ImageError if the size and the number of bytes do not match.
 */
export function fromImageData(image: Pick<ImageDataLike, "width" | "height" | "data">): Pixels {
  const { width, height, data: rgba } = image;
  const isSize = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  const tag = Object.prototype.toString.call(rgba).slice(8, -1);
  const isBytes = tag === "Uint8ClampedArray" || tag === "Uint8Array";
  if (!isSize || !isBytes || rgba.length !== 4 * width * height) {
    throw new ImageError({
      subject: "fromImageData",
      found: `${width} x ${height} pixels in ${isBytes ? `${rgba.length} bytes` : tag}`,
      expected: "at least one pixel, and 4 bytes for each",
      remedy: "Pass an ImageData: width, height, and red, green, blue and alpha of each pixel.",
    });
  }
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const alpha = rgba[4 * pixel + 3] ?? 255;
    for (let channel = 0; channel < 3; channel += 1) {
      data[3 * pixel + channel] = onWhite(rgba[4 * pixel + channel] ?? 0, alpha);
    }
  }
  return { width, height, channels: 3, data };
}
