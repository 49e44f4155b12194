import { UnsupportedError } from "../errors/unsupported-error.ts";
import { requireDirectory } from "./require-directory.ts";
import type { FileToSave, SaveFilesOptions } from "./save-files-options.ts";

/**
 * Refuses: a page has no folders to write to. The Node version writes.
 *
 * @throws UnsupportedError always.
 */
export async function saveFiles(
  directory: string | URL,
  _files: readonly FileToSave[],
  _options: SaveFilesOptions = {},
): Promise<void> {
  requireDirectory(directory);
  throw new UnsupportedError({
    subject: String(directory),
    found: "a platform without a file system",
    expected: "Node.js",
    remedy: "Save in Node.js.",
  });
}
