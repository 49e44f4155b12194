import { UnsupportedError } from "../errors/unsupported-error.ts";
import type { WriteFileOptions } from "./write-file-options.ts";

/**
 * Refuses: a page has no files to write to. The Node version writes.
 *
 * @throws UnsupportedError always.
 */
export async function writeFileAside(
  path: string | URL,
  _content: Uint8Array | AsyncIterable<Uint8Array>,
  _options: WriteFileOptions = {},
): Promise<void> {
  throw new UnsupportedError({
    subject: String(path),
    found: "a platform without a file system",
    expected: "Node.js",
    remedy: "For an image, use `toPng()` or `toBlob()` and offer the result as a download.",
  });
}
