import { crc32 } from "./crc32.ts";
import { pngSignature } from "./png-chunks.ts";

/** A PNG file with these chunks. The parts of a chunk are its content, one after the other. */
export function writePngChunks(
  chunks: readonly (readonly [type: string, parts: readonly Uint8Array[]])[],
): Uint8Array {
  const lengths = chunks.map(([, parts]) => parts.reduce((sum, part) => sum + part.length, 0));
  const file = new Uint8Array(pngSignature.length + lengths.reduce((sum, length) => sum + length + 12, 0));
  const view = new DataView(file.buffer);
  file.set(pngSignature);
  let offset = pngSignature.length;
  chunks.forEach(([type, parts], index) => {
    view.setUint32(offset, lengths[index] ?? 0);
    const start = offset + 4;
    file.set(new TextEncoder().encode(type), start);
    offset += 8;
    for (const part of parts) {
      file.set(part, offset);
      offset += part.length;
    }
    view.setUint32(offset, crc32(file.subarray(start, offset)));
    offset += 4;
  });
  return file;
}
