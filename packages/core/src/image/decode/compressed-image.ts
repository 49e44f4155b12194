import { ImageError } from "../../errors/image-error.ts";
import { errorMessage } from "../../realm.ts";
import type { ImageFormat } from "./image-format.ts";

/** A JPEG or WebP file, and how large an image it may hold. */
export interface CompressedImage {
  readonly bytes: Uint8Array;
  readonly format: Exclude<ImageFormat, "png">;
  readonly maxPixels: number;
}

/** @throws ImageError where an image has more pixels than allowed. */
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
      remedy: "Check that the file is complete; save it anew if it is.",
    },
    { cause },
  );
}
