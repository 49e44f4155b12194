import { ImageError } from "../../errors/image-error.ts";

/** An error about a PNG file that is damaged. */
export function damagedPng(found: string, expected: string, cause?: unknown): ImageError {
  return new ImageError(
    { subject: "PNG", found, expected, remedy: "Check that the file is complete; save it anew if it is." },
    { cause },
  );
}
