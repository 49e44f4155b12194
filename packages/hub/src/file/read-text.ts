import { FileReadError } from "../errors/file-read-error.ts";
import type { RepositoryFile, TextOptions } from "../repository.ts";

const defaultMaximumBytes = 64 * 1024 * 1024;

/**
 * Reads a whole file as UTF-8; a byte order mark is dropped.
 *
 * @throws FileReadError where the file exceeds `maximumBytes` (64 MiB by default) or is not UTF-8.
 */
export async function readText(
  file: Pick<RepositoryFile, "path" | "size" | "read">,
  options: TextOptions,
): Promise<string> {
  const maximumBytes = options.maximumBytes ?? defaultMaximumBytes;
  if (file.size > maximumBytes) {
    throw new FileReadError({
      subject: file.path,
      found: `${file.size} bytes`,
      expected: `text of at most ${maximumBytes} bytes`,
      remedy: "Check that this is the file that was meant; read it in parts with read() if it is.",
    });
  }
  const bytes = await file.read(0, file.size, options);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileReadError(
      {
        subject: file.path,
        found: "bytes that are not UTF-8",
        expected: "UTF-8 text",
        remedy: "Save the file as UTF-8, or fetch it again.",
      },
      { cause },
    );
  }
}
