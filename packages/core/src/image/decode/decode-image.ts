import { decodeCompressed } from "#decode-compressed";
import { ImageError } from "../../errors/image-error.ts";
import type { Pixels } from "../pixels.ts";
import { decodePng } from "../png/decode-png.ts";
import { detectImageFormat } from "./image-format.ts";

/**
 * Decodes a PNG, JPEG or WebP, whichever the bytes are.
 *
 * @throws ImageError where they are none, or damaged, or have more than `maxPixels` pixels.
 */
export async function decodeImage(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const format = detectImageFormat(bytes);
  if (format === "png") return decodePng(bytes, maxPixels);
  if (format !== undefined) return decodeCompressed({ bytes, format, maxPixels });
  throw new ImageError({
    subject: "image",
    found: bytes.length === 0 ? "an empty file" : `a file that begins with ${describeStart(bytes)}`,
    expected: "a PNG, JPEG or WebP",
    remedy: "Convert the image to one of these.",
  });
}

function describeStart(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
