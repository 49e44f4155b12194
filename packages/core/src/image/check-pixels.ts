import { describeValue } from "../config/describe-json.ts";
import { ImageError } from "../errors/image-error.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Checks that the parts of an image fit together.
 *
 * @throws ImageError where they do not.
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
