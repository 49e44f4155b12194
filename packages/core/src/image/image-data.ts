import { ImageError } from "../errors/image-error.ts";
import { onWhite } from "./on-white.ts";
import type { Pixels } from "./pixels.ts";

/** The type of the browser's `ImageData.colorSpace`, also where there are no types of the DOM. */
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

/** Pixels as a canvas takes them, opaque where they have no opacity: an `ImageData` where there is such a thing, else an object of its shape. */
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
 * The RGB pixels of an `ImageData`, of a canvas or a decoder; what is transparent lies on white.
 *
 * @throws ImageError where size and bytes do not fit together.
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
