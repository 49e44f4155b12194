import { saveFiles } from "#save-files";
import type { FileToSave, SaveFilesOptions } from "./save-files-options.ts";

/**
 * Writes a file into a folder, which is made where it is not there. The file is there as a whole or not at all. A file
 * or link that stood there is replaced.
 *
 * @param directory - A path or a `file:` URL.
 * @param name - The file's name in the folder.
 * @param content - Text (written as UTF-8), all bytes, or pieces as they come.
 * @throws FileWriteError where folder or file cannot be written.
 * @throws InvalidArgumentError where `directory` is no path.
 * @throws UnsupportedError in a browser.
 * @throws The signal's reason, where it is aborted.
 */
export async function saveFile(
  directory: string | URL,
  name: string,
  content: FileToSave["content"],
  options: Pick<SaveFilesOptions, "signal"> = {},
): Promise<void> {
  await saveFiles(directory, [{ name, content }], options);
}
