import { writeFileAside } from "#write-file";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { joinPath } from "./join-path.ts";
import type { WriteFileOptions } from "./write-file-options.ts";

/**
 * Writes a file into a folder, which is made where it is not there. The file is there as a whole or not at all.
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
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: Pick<WriteFileOptions, "signal"> = {},
): Promise<void> {
  if (!(directory instanceof URL) && (typeof directory !== "string" || directory === "")) {
    throw new InvalidArgumentError({
      subject: "directory",
      found: directory === "" ? "an empty string" : String(directory),
      expected: "the path of a folder, or a file: URL",
      remedy: 'Pass "." for the current folder.',
    });
  }
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await writeFileAside(joinPath(directory, name), bytes, { ...options, createFolder: true });
}
