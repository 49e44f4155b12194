import { deflate } from "#deflate";
import type { Pixels } from "../pixels.ts";
import { writePngChunks } from "./png-chunks.ts";
import { type PngText, textChunks } from "./png-text.ts";

/** Options of an image's `toPng`, `toBlob` and `save`. */
export interface EncodeImageOptions {
  /** Texts to write into the file, by keyword. */
  readonly text?: PngText | undefined;
}

/** Bytes compressed at once: a few milliseconds of work for browsers that compress on the calling thread. */
const bandBytes = 2 ** 16;

/** Encodes 8-bit pixels as PNG. In browsers, it yields to the page after each band of rows. */
export async function encodePng(
  { width, height, channels, data }: Pixels,
  { text }: EncodeImageOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const texts = text === undefined ? [] : textChunks(text);
  const deflated = await deflate(filteredRows(data, width * channels));
  return writePngChunks([
    ["IHDR", [encodeHeader(width, height, channels)]],
    ...texts,
    ["IDAT", deflated],
    ["IEND", []],
  ]);
}

function encodeHeader(width: number, height: number, channels: Pixels["channels"]): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits a sample; grey, grey with alpha, RGB or RGBA. Compression, filter and interlace methods are 0.
  header[8] = 8;
  header[9] = { 1: 0, 2: 4, 3: 2, 4: 6 }[channels];
  return header;
}

/** The rows, each preceded by its filter type (0, none), in bands of several. */
function* filteredRows(data: Uint8Array, rowBytes: number): Generator<Uint8Array<ArrayBuffer>> {
  const rowsAtOnce = Math.max(1, Math.floor(bandBytes / (rowBytes + 1)));
  for (let start = 0; start < data.length; start += rowsAtOnce * rowBytes) {
    const rows = data.subarray(start, start + rowsAtOnce * rowBytes);
    const band = new Uint8Array((rows.length / rowBytes) * (rowBytes + 1));
    for (let row = 0; row * rowBytes < rows.length; row += 1) {
      band.set(rows.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
    }
    yield band;
  }
}
