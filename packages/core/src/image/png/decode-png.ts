import { decode } from "fast-png";
import type { Pixels } from "../pixels.ts";
import { damagedPng, type PngChunks, readPngChunks, writePngChunks } from "./png-chunks.ts";
import { type PngSamples, toPixels } from "./png-colors.ts";
import { inflatedLength, type PngHeader, parsePngHeader } from "./png-header.ts";

/**
 * Decodes a PNG. Chunks, sizes and checksums are checked here, and only the header and the pixels are passed to the
 * library, which inflates without a limit.
 *
 * @throws ImageError if the bytes are not a valid PNG, or it has more than `maxPixels` pixels.
 * @throws UnsupportedError for interlaced images with fewer than 8 bits per sample.
 */
export async function decodePng(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  return toPixels(await readSamples(bytes, maxPixels));
}

/** The samples of a PNG, before conversion to colours; like {@link decodePng}. */
export async function readSamples(bytes: Uint8Array, maxPixels: number): Promise<PngSamples> {
  const chunks = readPngChunks(bytes);
  const header = parsePngHeader(chunks.header, maxPixels);
  await checkInflatedLength(chunks.data, inflatedLength(header));
  const samples = decodeSamples(chunks, header);
  return { header, samples, palette: chunks.palette, transparency: chunks.transparency };
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

/** Bytes inflated at once: the output can be a thousand times larger and has to fit into memory. */
const pieceBytes = 16 * 1024;

/**
 * Inflates the parts of a zlib stream and discards the output, to check its length: a small file can declare a small
 * image and inflate to gigabytes.
 *
 * @throws ImageError if the stream is damaged, too short or too long.
 */
export async function checkInflatedLength(parts: readonly Uint8Array[], expected: number): Promise<void> {
  const reader = streamPieces(parts).pipeThrough(new DecompressionStream("deflate")).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > expected) break;
    }
  } catch (cause) {
    throw damagedPng("pixels that cannot be inflated", `${expected} bytes of them`, cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (length !== expected) {
    const found = length > expected ? `more than ${expected}` : `${length}`;
    throw damagedPng(`${found} bytes of pixels`, `${expected}`);
  }
}

/** Not the stream of a Blob: in Chromium (156) a read from one can go lost. */
function streamPieces(parts: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = cut(parts);
  return new ReadableStream({
    pull: (controller) => {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* cut(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, undefined> {
  for (const part of parts as readonly Uint8Array<ArrayBuffer>[]) {
    for (let start = 0; start < part.length; start += pieceBytes) {
      yield part.subarray(start, start + pieceBytes);
    }
  }
}

/**
 * Unpacks samples of 1, 2 or 4 bits to one per byte. Rows start at a byte boundary; the first sample is in the highest
 * bits.
 */
export function unpackSamples(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const samples = new Uint8Array(width * height);
  const perByte = 8 / depth;
  const rowLength = Math.ceil(width / perByte);
  const mask = 2 ** depth - 1;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const byte = packed[row * rowLength + Math.floor(column / perByte)] ?? 0;
      samples[row * width + column] = (byte >> (8 - depth * ((column % perByte) + 1))) & mask;
    }
  }
  return samples;
}
