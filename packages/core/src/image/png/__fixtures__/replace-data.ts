import { crc32, readPngChunks } from "../png-chunks.ts";

/** A PNG with another content of its one IDAT chunk, and the checksum that belongs to it. */
export function replaceData(png: Uint8Array, content: Uint8Array): Uint8Array {
  const old = readPngChunks(png).data[0] ?? new Uint8Array();
  const start = old.byteOffset - png.byteOffset;
  const result = new Uint8Array(png.length - old.length + content.length);
  result.set(png.subarray(0, start));
  result.set(content, start);
  result.set(png.subarray(start + old.length), start + content.length);
  const view = new DataView(result.buffer);
  view.setUint32(start - 8, content.length);
  view.setUint32(start + content.length, crc32(result.subarray(start - 4, start + content.length)));
  return result;
}
