import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import { isUrl } from "../realm.ts";

/** A file of `saveFiles`. */
export interface FileToSave {
  /** Its name in the folder. */
  readonly name: string;
  /** Text (written as UTF-8), all bytes, or pieces as they come. */
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Options of `saveFiles`. */
export interface SaveFilesOptions {
  /** Stops the work before the first file is put in place; what stood there stays. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The name of the one file that says which others belong together. Where it stands there already, it is taken away
   * before another file is replaced, and put in place after them: if the machine goes down in between, the
   * folder cannot be mistaken for a complete one.
   */
  readonly index?: string | undefined;
  /** Says by name which other files of the folder are left over from an earlier save. They are removed once the new ones are in place. */
  readonly isObsolete?: ((name: string) => boolean) | undefined;
}

/** Options of {@link writeFileAside}. */
export interface WriteFileOptions {
  /** Stops the write between two chunks; an existing file is left as it was. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the folder of the file, and those above it, where they are missing. By default the folder must exist. */
  readonly createFolder?: boolean | undefined;
}

/** The path of `name` (with forward slashes) in a folder: of the same kind as the folder, a path or a URL. */
export function joinPath(directory: string | URL, name: string): string | URL {
  if (isUrl(directory)) {
    // Not by resolving the name, in which `#`, `?`, `%` and slashes at the front would mean something else.
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
