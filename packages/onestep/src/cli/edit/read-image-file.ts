import { readFile } from "node:fs/promises";
import { errorCode, errorMessage, ImageError, RasterImage, UnsupportedError } from "@onestep/core";

/**
 * Reads a PNG, JPEG or WebP.
 *
 * @throws ImageError where there is no such file, or it is none of these, or a damaged one.
 * @throws UnsupportedError where nothing on this machine can decode it.
 */
export async function readImageFile(path: string): Promise<RasterImage> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ImageError(
      {
        subject: path,
        found: describeReadError(cause),
        expected: "a PNG, JPEG or WebP",
        remedy: "Correct the path.",
      },
      { cause },
    );
  }
  try {
    return await RasterImage.decode(bytes);
  } catch (cause) {
    for (const errorClass of [ImageError, UnsupportedError]) {
      if (!errorClass.isInstance(cause) || cause.problem === undefined) continue;
      throw new errorClass({ ...cause.problem, subject: path }, { cause });
    }
    throw cause;
  }
}

function describeReadError(cause: unknown): string {
  const code = errorCode(cause);
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  if (code === "EACCES" || code === "EPERM") return "a file that may not be read";
  return `a file that cannot be read (${errorMessage(cause)})`;
}
