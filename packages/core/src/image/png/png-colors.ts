import { onWhite, type Pixels } from "../pixels.ts";
import { damagedPng } from "./png-chunks.ts";
import type { PngHeader } from "./png-header.ts";

type Samples = Uint8Array | Uint16Array;

/** The raw samples of a PNG, before conversion to colours. */
export interface PngSamples {
  readonly header: PngHeader;
  /** One sample per element, `width · height · header.samples` of them. */
  readonly samples: Samples;
  /** The content of PLTE. */
  readonly palette: Uint8Array | undefined;
  /** The content of tRNS. */
  readonly transparency: Uint8Array | undefined;
}

/**
 * Converts samples to 8-bit greyscale or RGB: fewer than 8 bits are scaled to the full range, 16 bits are truncated to
 * the upper 8, palettes are looked up, and transparency is blended onto white.
 *
 * @throws ImageError if the palette or transparency does not match the samples.
 */
export function toPixels(png: PngSamples): Pixels {
  switch (png.header.colorType) {
    case "palette":
      return lookUp(png);
    case "grey-alpha":
    case "rgb-alpha":
      return flatten(png);
    default:
      return png.transparency === undefined ? narrow(png) : clearColor(png, png.transparency);
  }
}

function narrow({ header, samples }: PngSamples): Pixels {
  const channels = header.colorType === "grey" ? 1 : 3;
  const data = new Uint8Array(samples);
  if (header.depth !== 8) {
    for (let index = 0; index < data.length; index += 1) {
      data[index] = toByte(samples[index] ?? 0, header.depth);
    }
  }
  return { width: header.width, height: header.height, channels, data };
}

function flatten({ header, samples }: PngSamples): Pixels {
  const channels = header.colorType === "grey-alpha" ? 1 : 3;
  const data = new Uint8Array(header.width * header.height * channels);
  for (let index = 0; index < data.length; index += 1) {
    const pixel = Math.floor(index / channels);
    const sample = samples[pixel * header.samples + (index % channels)] ?? 0;
    const alpha = samples[pixel * header.samples + channels] ?? 0;
    data[index] = onWhite(toByte(sample, header.depth), toByte(alpha, header.depth));
  }
  return { width: header.width, height: header.height, channels, data };
}

/** Replaces the transparent colour named by tRNS with white. */
function clearColor(png: PngSamples, transparency: Uint8Array): Pixels {
  const { channels, data, width, height } = narrow(png);
  if (transparency.length !== 2 * channels) {
    throw damagedPng(`a tRNS of ${transparency.length} bytes`, `${2 * channels}`);
  }
  const color = Array.from(
    { length: channels },
    (_, index) => (transparency[2 * index] ?? 0) * 256 + (transparency[2 * index + 1] ?? 0),
  );
  for (let start = 0; start < data.length; start += channels) {
    if (color.every((sample, index) => png.samples[start + index] === sample)) {
      data.fill(255, start, start + channels);
    }
  }
  return { width, height, channels, data };
}

function lookUp({ header, samples, palette, transparency }: PngSamples): Pixels {
  if (palette === undefined || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768) {
    throw damagedPng(`a palette of ${palette?.length ?? 0} bytes`, "1 to 256 colours of 3 bytes");
  }
  const colors = palette.map((byte, index) => onWhite(byte, transparency?.[Math.floor(index / 3)] ?? 255));
  const data = new Uint8Array(header.width * header.height * 3);
  samples.forEach((sample, pixel) => {
    if (3 * sample >= colors.length) {
      throw damagedPng(`colour ${sample} at pixel ${pixel}`, `at most ${colors.length / 3 - 1}`);
    }
    data.set(colors.subarray(3 * sample, 3 * sample + 3), 3 * pixel);
  });
  return { width: header.width, height: header.height, channels: 3, data };
}

function toByte(sample: number, depth: number): number {
  return depth === 16 ? sample >> 8 : (sample * 255) / (2 ** depth - 1);
}
