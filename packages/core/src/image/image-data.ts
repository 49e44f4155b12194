import type { Pixels } from "./pixels.ts";

/** The shape of the browser's `ImageData`. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  /** Red, green, blue and alpha of each pixel. */
  readonly data: Uint8ClampedArray;
}

/** Pixels as a canvas takes them, opaque: an `ImageData` where there is such a thing, else an object of its shape. */
export function toImageData({ width, height, channels, data }: Pixels): ImageDataLike {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      rgba[4 * pixel + channel] = data[pixel * channels + (channel % channels)] ?? 0;
    }
    rgba[4 * pixel + 3] = 255;
  }
  if (typeof ImageData === "function") return new ImageData(rgba, width, height);
  return { width, height, colorSpace: "srgb", data: rgba };
}
