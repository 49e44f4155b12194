import { ImageError } from "../../errors.ts";

/** The signature at the start of every PNG file. */
export const pngSignature: readonly number[] = [137, 80, 78, 71, 13, 10, 26, 10];

const known = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** The chunks of a PNG that make its picture. */
export interface PngChunks {
  /** The content of IHDR. */
  readonly header: Uint8Array;
  /** The content of PLTE. */
  readonly palette: Uint8Array | undefined;
  /** The content of tRNS. */
  readonly transparency: Uint8Array | undefined;
  /** The contents of the IDAT chunks, in order. */
  readonly data: readonly Uint8Array[];
}

/**
 * Finds the chunks of a PNG and checks their lengths, order and checksums. Chunks that do not affect the pixels and
 * data after the end are ignored, so only the first frame of an animation is read. Copies nothing.
 *
 * @throws ImageError if the bytes are not a valid PNG.
 */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  if (Object.prototype.toString.call(bytes) !== "[object Uint8Array]") {
    throw new ImageError({
      subject: "PNG",
      found: Object.prototype.toString.call(bytes).slice(8, -1),
      expected: "a Uint8Array",
      remedy: "Pass the bytes of the file, for example `new Uint8Array(arrayBuffer)`.",
    });
  }
  if (bytes.length < pngSignature.length || pngSignature.some((byte, index) => bytes[index] !== byte)) {
    throw new ImageError({
      subject: "PNG",
      found: describeStart(bytes),
      expected: "the signature of a PNG file",
      remedy: "Convert the image to PNG first.",
    });
  }
  const found = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let offset = pngSignature.length;
  for (;;) {
    const { type, content, end } = readChunk(bytes, offset);
    if ((type === "IHDR") !== (offset === pngSignature.length))
      throw damagedPng(`${type} at byte ${offset}`, "IHDR first, once");
    offset = end;
    if (type === "IEND") break;
    if (type === "IDAT") data.push(content);
    else if (known.has(type)) addOnce(found, type, content, data.length === 0);
  }
  const header = found.get("IHDR");
  if (header === undefined || data.length === 0) throw damagedPng("no IDAT chunk", "pixels");
  return { header, palette: found.get("PLTE"), transparency: found.get("tRNS"), data };
}

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
  /** Where the next chunk begins. */
  readonly end: number;
}

function readChunk(bytes: Uint8Array, offset: number): Chunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + 12 > bytes.length)
    throw damagedPng(`the end of the file at byte ${bytes.length}`, "an IEND chunk");
  const length = view.getUint32(offset);
  const end = offset + 12 + length;
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  if (!/^[A-Za-z]{4}$/.test(type)) throw damagedPng(`${JSON.stringify(type)} at byte ${offset}`, "a chunk");
  if (end > bytes.length) {
    throw damagedPng(
      `a chunk ${type} of ${length} bytes`,
      `at most the ${bytes.length - offset - 12} that are left`,
    );
  }
  const isCritical = type[0] === type[0]?.toUpperCase();
  if (isCritical && !known.has(type)) throw damagedPng(`a chunk ${type}`, "chunks that the format knows");
  if (crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) {
    throw damagedPng(
      `a wrong checksum in the chunk ${type} at byte ${offset}`,
      "the checksum of its content",
    );
  }
  return { type, content: bytes.subarray(offset + 8, end - 4), end };
}

function addOnce(
  found: Map<string, Uint8Array>,
  type: string,
  content: Uint8Array,
  beforeData: boolean,
): void {
  if (found.has(type) || !beforeData)
    throw damagedPng(`a second or late chunk ${type}`, "one, before the pixels");
  found.set(type, content);
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes that begin with ${start}`;
}

/** A PNG file with these chunks. The content of a chunk is the concatenation of its parts. */
export function writePngChunks(
  chunks: readonly (readonly [type: string, parts: readonly Uint8Array[]])[],
): Uint8Array<ArrayBuffer> {
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

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
  }
  return remainder;
});

/** The checksum after each PNG chunk (PNG specification, annex D), as an unsigned integer. */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = (table[(remainder ^ byte) & 0xff] ?? 0) ^ (remainder >>> 8);
  return (remainder ^ 0xffffffff) >>> 0;
}

/** An error about a damaged PNG file. */
export function damagedPng(found: string, expected: string, cause?: unknown): ImageError {
  return new ImageError(
    { subject: "PNG", found, expected, remedy: "Check that the file is complete; if it is, save it again." },
    { cause },
  );
}
