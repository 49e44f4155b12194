import { ImageError } from "../../errors.ts";
import { errorMessage } from "../../realm.ts";

/** A JPEG or WebP file, and the maximum size of its image. */
export interface CompressedImage {
  readonly bytes: Uint8Array;
  readonly format: Exclude<ImageFormat, "png">;
  readonly maxPixels: number;
}

/** @throws ImageError if an image has more pixels than allowed. */
export function checkPixelCount(
  { format, maxPixels }: CompressedImage,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (width * height <= maxPixels) return;
  throw new ImageError({
    subject: format.toUpperCase(),
    found: `${width} x ${height} pixels`,
    expected: `at most ${maxPixels} pixels`,
    remedy: "Make the image smaller, or raise `maxPixels` if you trust it.",
  });
}

/** An error about a file that the decoder could not read. */
export function damagedImage({ format }: CompressedImage, cause: unknown): ImageError {
  return new ImageError(
    {
      subject: format.toUpperCase(),
      found: `a file that cannot be decoded (${errorMessage(cause)})`,
      expected: "a whole and undamaged one",
      remedy: "Check that the file is complete; if it is, save it again.",
    },
    { cause },
  );
}

/** The formats that images are read in. */
type ImageFormat = "png" | "jpeg" | "webp";

/** Detects the format from a file's first bytes; `undefined` if it is another one. */
export function detectImageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47])) return "png";
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return "jpeg";
  const isRiff = startsWith(bytes, 0, [0x52, 0x49, 0x46, 0x46]);
  return isRiff && startsWith(bytes, 8, [0x57, 0x45, 0x42, 0x50]) ? "webp" : undefined;
}

function startsWith(bytes: Uint8Array, offset: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[offset + index] === byte);
}
