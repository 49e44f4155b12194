import { UnsupportedError } from "../errors.ts";
import { type FileToSave, requireDirectory, type SaveFilesOptions, type WriteFileOptions } from "./files.ts";

/**
 * Always throws: a page cannot write files. In Node, it writes the file.
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
    summary: `${path} cannot be written: a browser has no file system.`,
  });
}

/**
 * Always throws: a page cannot write to folders. In Node, it writes the files.
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
    summary: `${directory} cannot be written: a browser has no file system.`,
  });
}

/**
 * Always throws: a page cannot write to folders. In Node, it writes one file.
 *
 * @throws UnsupportedError always.
 */
export async function saveFile(
  directory: string | URL,
  name: string,
  content: FileToSave["content"],
  options: Pick<SaveFilesOptions, "signal"> = {},
): Promise<void> {
  await saveFiles(directory, [{ name, content }], options);
}
