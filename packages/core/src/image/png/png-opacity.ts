import type { Pixels } from "../pixels.ts";
import { readSamples } from "./decode-png.ts";
import type { PngSamples } from "./png-colors.ts";

/**
 * How opaque the pixels of a PNG are: 0 for transparent, 255 for opaque. Images are decoded without it, with
 * transparency blended onto white.
 *
 * @returns A greyscale image; undefined if every pixel is opaque.
 * @throws ImageError, UnsupportedError as for decoding; see `RasterImage.fromPng`.
 */
export async function decodePngOpacity(bytes: Uint8Array, maxPixels: number): Promise<Pixels | undefined> {
  const png = await readSamples(bytes, maxPixels);
  const { width, height } = png.header;
  const opacityAt = opacityOf(png);
  if (opacityAt === undefined) return undefined;
  const data = Uint8Array.from({ length: width * height }, (_, pixel) => opacityAt(pixel));
  return data.every((value) => value === 255) ? undefined : { width, height, channels: 1, data };
}

function opacityOf({ header, samples, transparency }: PngSamples): ((pixel: number) => number) | undefined {
  const { colorType, depth, samples: perPixel } = header;
  if (colorType === "grey-alpha" || colorType === "rgb-alpha") {
    return (pixel) => (samples[pixel * perPixel + perPixel - 1] ?? 0) >> (depth === 16 ? 8 : 0);
  }
  if (transparency === undefined) return undefined;
  if (colorType === "palette") return (pixel) => transparency[samples[pixel] ?? 0] ?? 255;
  // tRNS names the one colour that is transparent.
  return (pixel) => {
    const isClear = Array.from({ length: perPixel }, (_, channel) => {
      const color = (transparency[2 * channel] ?? 0) * 256 + (transparency[2 * channel + 1] ?? 0);
      return samples[pixel * perPixel + channel] === color;
    }).every(Boolean);
    return isClear ? 0 : 255;
  };
}
