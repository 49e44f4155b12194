import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import { isUrl } from "../realm.ts";

/** A file of `saveFiles`. */
export interface FileToSave {
  /** The file name within the folder. */
  readonly name: string;
  /** Text (written as UTF-8), bytes, or a stream of chunks. */
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Options of `saveFiles`. */
export interface SaveFilesOptions {
  /** Cancels the save before the first file is put in place; existing files are kept. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The name of the index file that lists the others. An existing one is removed before any other file is replaced, and
   * the new one is put in place last: if the machine crashes in between, the folder cannot be mistaken for a complete
   * one.
   */
  readonly index?: string | undefined;
  /**
   * Decides by name which other files in the folder are left over from an earlier save. They are removed once the new
   * files are in place.
   */
  readonly isObsolete?: ((name: string) => boolean) | undefined;
}

/** Options of {@link writeFileAside}. */
export interface WriteFileOptions {
  /** Cancels the write between two chunks; an existing file is left unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Creates missing parent folders. By default the folder must exist. */
  readonly createFolder?: boolean | undefined;
}

/** The path of `name` (with forward slashes) in a folder: of the same kind as the folder, a path or a URL. */
export function joinPath(directory: string | URL, name: string): string | URL {
  if (isUrl(directory)) {
    // Not by resolving the name, since `#`, `?`, `%` and leading slashes would be interpreted.
    const url = new URL(directory.href);
    const segments = name.split("/").filter((segment) => segment !== "");
    url.pathname = `${url.pathname.replace(/\/*$/, "/")}${segments.map(encodeURIComponent).join("/")}`;
    return url;
  }
  return `${directory.replace(/(?<=[^\\/])[\\/]+$/, "").replace(/^[\\/]$/, "")}/${name}`;
}

/** Throws InvalidArgumentError unless `directory` names a folder. */
export function requireDirectory(directory: string | URL): void {
  if (isUrl(directory) || (typeof directory === "string" && directory !== "")) return;
  throw new InvalidArgumentError({
    subject: "directory",
    found: directory === "" ? "an empty string" : describeValue(directory),
    expected: "the path of a folder, or a file: URL",
    remedy: 'Pass "." for the current folder.',
  });
}
