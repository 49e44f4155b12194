import { ImageError, UnsupportedError } from "../../errors.ts";
import { damagedPng } from "./png-chunks.ts";

/** How the samples of a PNG map to colours (PNG specification, table 11.1). */
export type PngColorType = "grey" | "rgb" | "palette" | "grey-alpha" | "rgb-alpha";

/** The content of the IHDR chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colorType: PngColorType;
  /** Samples per pixel. */
  readonly samples: number;
  readonly interlaced: boolean;
}

interface ColorTypeRule {
  readonly name: PngColorType;
  readonly samples: number;
  readonly depths: readonly number[];
}

const colorTypes: ReadonlyMap<number, ColorTypeRule> = new Map([
  [0, { name: "grey", samples: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { name: "rgb", samples: 3, depths: [8, 16] }],
  [3, { name: "palette", samples: 1, depths: [1, 2, 4, 8] }],
  [4, { name: "grey-alpha", samples: 2, depths: [8, 16] }],
  [6, { name: "rgb-alpha", samples: 4, depths: [8, 16] }],
]);

/**
 * Reads the content of an IHDR chunk.
 *
 * @throws ImageError if a field is out of range, or there are more than `maxPixels` pixels.
 * @throws UnsupportedError for interlaced images with fewer than 8 bits per sample.
 */
export function parsePngHeader(content: Uint8Array, maxPixels: number): PngHeader {
  if (content.length !== 13) throw damagedPng(`an IHDR of ${content.length} bytes`, "13 bytes");
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  if (width === 0 || height === 0) throw damagedPng(`a size of ${width} x ${height}`, "at least one pixel");
  if (width * height > maxPixels) {
    throw new ImageError({
      subject: "PNG",
      found: `${width} x ${height} pixels`,
      expected: `at most ${maxPixels} pixels`,
      remedy: "Make the image smaller, or raise `maxPixels` if you trust it.",
    });
  }
  const depth = view.getUint8(8);
  const rule = colorTypes.get(view.getUint8(9));
  if (rule === undefined || !rule.depths.includes(depth)) {
    throw damagedPng(
      `colour type ${view.getUint8(9)} with ${depth} bits`,
      "a combination that the format knows",
    );
  }
  const [compression, filter, interlace] = [view.getUint8(10), view.getUint8(11), view.getUint8(12)];
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw damagedPng(
      `methods ${compression}, ${filter}, ${interlace} for compression, filter and interlace`,
      "0, 0, and 0 or 1",
    );
  }
  if (interlace === 1 && depth < 8) {
    throw new UnsupportedError({
      subject: "PNG",
      found: `an interlaced image with ${depth} bits a sample`,
      expected: "at least 8 bits where interlaced",
      remedy: "Save the image without interlacing.",
    });
  }
  return { width, height, depth, colorType: rule.name, samples: rule.samples, interlaced: interlace === 1 };
}

/** The inflated size of an image's pixels in bytes: each row begins with its filter type. */
export function inflatedLength(header: PngHeader): number {
  if (!header.interlaced) return header.height * rowLength(header, header.width);
  // The seven passes of Adam7: start and stride of each.
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  let length = 0;
  for (const [left, top, across, down] of passes) {
    const columns = Math.max(0, Math.ceil((header.width - left) / across));
    const rows = Math.max(0, Math.ceil((header.height - top) / down));
    if (columns > 0) length += rows * rowLength(header, columns);
  }
  return length;
}

function rowLength(header: PngHeader, columns: number): number {
  return 1 + Math.ceil((columns * header.samples * header.depth) / 8);
}
