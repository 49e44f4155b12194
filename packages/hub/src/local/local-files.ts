import { isUrl } from "@onestep/core";

/** Types of the DOM; never where a program is compiled without them. */
type DirectoryHandle = typeof globalThis extends { FileSystemDirectoryHandle: { prototype: infer Type } }
  ? Type
  : never;
type Dropped = typeof globalThis extends { DataTransfer: { prototype: infer Type } } ? Type : never;

/**
 * Files of the person at the browser, or of a program that has them in memory:
 *
 * - what `<input type="file" webkitdirectory>` gives, or any list of `File`s;
 * - a folder that `showDirectoryPicker()` gave, or one of the origin private file system;
 * - what was dropped on the page, `event.dataTransfer`, passed on while the event is handled;
 * - Blobs by their path in the repository (`unet/config.json`).
 *
 * A folder is that of the model: the one that holds `model_index.json`.
 */
export type LocalFiles = File | Iterable<File> | ReadonlyMap<string, Blob> | DirectoryHandle | Dropped;

/** What a repository can be opened from: a Hub id, a folder, a URL, or files at hand. */
export type RepositoryLocation = string | URL | LocalFiles;

/** Whether a source is made of files at hand. */
export function isLocalFiles(source: RepositoryLocation): source is LocalFiles {
  return typeof source === "object" && source !== null && !isUrl(source);
}

/** Files in folders, wherever they are. */
export interface LocalFolder {
  /** What to call it in messages. */
  readonly name: string;
  /** The file at a path; `undefined` where there is none. */
  find(path: string): Promise<Blob | undefined>;
  /** The paths of all files, in any order. */
  list(signal: AbortSignal | undefined): Promise<readonly string[]>;
}
