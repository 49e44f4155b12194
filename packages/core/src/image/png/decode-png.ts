import { decode } from "fast-png";
import type { Pixels } from "../pixels.ts";
import { checkInflatedLength } from "./check-inflated-length.ts";
import { type PngChunks, readPngChunks } from "./png-chunks.ts";
import { toPixels } from "./png-colors.ts";
import { damagedPng } from "./png-error.ts";
import { inflatedLength, type PngHeader, parsePngHeader } from "./png-header.ts";
import { unpackSamples } from "./unpack-samples.ts";
import { writePngChunks } from "./write-png-chunks.ts";

/**
 * Decodes a PNG. Chunks, sizes and checksums are checked here, before the library is given the header and the pixels
 * alone: it would inflate without a limit.
 *
 * @throws ImageError where the bytes are no PNG, a damaged one, or have more than `maxPixels` pixels.
 * @throws UnsupportedError for interlaced pixels of less than a byte.
 */
export async function decodePng(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const chunks = readPngChunks(bytes);
  const header = parsePngHeader(chunks.header, maxPixels);
  await checkInflatedLength(chunks.data, inflatedLength(header));
  const samples = decodeSamples(chunks, header);
  return toPixels({ header, samples, palette: chunks.palette, transparency: chunks.transparency });
}

function decodeSamples(chunks: PngChunks, header: PngHeader): Uint8Array | Uint16Array {
  let samples: Uint8Array | Uint16Array;
  try {
    samples = decodeWithLibrary(chunks);
  } catch (cause) {
    throw damagedPng("rows that cannot be decoded", "rows with one of the five filters", cause);
  }
  if (header.depth >= 8) return samples;
  return unpackSamples(new Uint8Array(samples), header.width, header.height, header.depth);
}

function decodeWithLibrary(chunks: PngChunks): Uint8Array | Uint16Array {
  const contents: [type: string, parts: readonly Uint8Array[]][] = [
    ["IHDR", [chunks.header]],
    ["IDAT", chunks.data],
    ["IEND", []],
  ];
  const { data } = decode(writePngChunks(contents));
  return data instanceof Uint8ClampedArray ? new Uint8Array(data) : data;
}
