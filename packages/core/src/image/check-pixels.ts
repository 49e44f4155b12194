import { ImageError } from "../errors/image-error.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Checks that the parts of an image fit together.
 *
 * @throws ImageError where they do not.
 */
export function checkPixels({ width, height, channels, data }: Pixels): void {
  const isSize = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  if (!isSize || (channels !== 1 && channels !== 3)) {
    throw new ImageError({
      subject: "image",
      found: `${width} x ${height} pixels of ${channels} channels`,
      expected: "at least one pixel, of 1 or 3 channels",
      remedy: "Pass the size of the image, and grey or RGB pixels without transparency.",
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
