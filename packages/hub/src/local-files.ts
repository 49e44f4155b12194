import { InvalidArgumentError } from "@onestep/core";
import { isUrl } from "@onestep/core/internal";
import { DirectoryHandleFolder, readDrop } from "./local-folders.ts";
import type { ReadOptions, Repository, RepositoryFile } from "./repository.ts";
import { BlobFile, getEntry, reportCachedFile } from "./repository-file.ts";
import { checkRepositoryPath } from "./validators.ts";

/** Types of the DOM; `never` if a program is compiled without them. */
type DirectoryHandle = typeof globalThis extends { FileSystemDirectoryHandle: { prototype: infer Type } }
  ? Type
  : never;
type Dropped = typeof globalThis extends { DataTransfer: { prototype: infer Type } } ? Type : never;

/**
 * Files of the user in a browser, or files in memory:
 *
 * - the files of `<input type="file" webkitdirectory>`, or any list of `File`s;
 * - a folder of `showDirectoryPicker()`, or of the origin private file system;
 * - `event.dataTransfer` of a drop, passed on during the event;
 * - Blobs by their path in the repository (`unet/config.json`).
 *
 * A folder is the one that contains `model_index.json`.
 */
export type LocalFiles = File | Iterable<File> | ReadonlyMap<string, Blob> | DirectoryHandle | Dropped;

/** What a repository can be opened from: a Hub id, a folder, a URL, or local files. */
export type RepositoryLocation = string | URL | LocalFiles;

/** Whether a source is made of local files. */
export function isLocalFiles(source: RepositoryLocation): source is LocalFiles {
  return typeof source === "object" && source !== null && !isUrl(source);
}

/** A folder with files, on any platform. */
export interface LocalFolder {
  /** Its name, for messages. */
  readonly name: string;
  /** The file at a path; `undefined` if there is no file. */
  find(path: string): Promise<Blob | undefined>;
  /** The paths of all files, in any order. */
  list(signal: AbortSignal | undefined): Promise<readonly string[]>;
}

/**
 * Opens local files as a repository. Nothing is read until a file is requested.
 *
 * @throws InvalidArgumentError unless it is one of {@link LocalFiles}.
 * @throws UnsafePathError if a path of a map leads out of the repository.
 */
export function openLocalFiles(source: LocalFiles): Repository {
  return new LocalRepository(toFolder(source));
}

function toFolder(source: LocalFiles): LocalFolder {
  if (source instanceof File) return BlobMapFolder.fromFiles([source]);
  if (source instanceof Map) {
    for (const path of source.keys()) checkRepositoryPath(path);
    return new BlobMapFolder("files in memory", new Map(source));
  }
  if ("kind" in source && source.kind === "directory") return new DirectoryHandleFolder(source);
  if ("items" in source && "dropEffect" in source) return readDrop(source);
  const files = Symbol.iterator in source ? [...(source as Iterable<File>)] : [];
  if (files.length > 0 && files.every((file) => file instanceof File)) return BlobMapFolder.fromFiles(files);
  throw new InvalidArgumentError({
    subject: "source of the repository",
    found: Symbol.iterator in source && files.length === 0 ? "an empty list of files" : describe(source),
    expected: "files, a folder handle, what was dropped, or a Map from path to Blob",
    remedy: "Pass one of these, the id of a model on the Hub, or a URL.",
  });
}

function describe(source: object): string {
  return `an object of the class ${source.constructor?.name ?? "Object"}`;
}

/** A repository of local files. */
class LocalRepository implements Repository {
  readonly name: string;
  readonly commit: undefined;
  readonly #folder: LocalFolder;

  constructor(folder: LocalFolder) {
    this.name = folder.name;
    this.#folder = folder;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[]> {
    options.signal?.throwIfAborted();
    return (await this.#folder.list(options.signal)).toSorted();
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    const blob = await this.#folder.find(path);
    options.signal?.throwIfAborted();
    if (blob === undefined) return undefined;
    const file = new BlobFile(path, blob);
    reportCachedFile(file, options);
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }
}

/** Files that are all known. */
class BlobMapFolder implements LocalFolder {
  readonly name: string;
  readonly #blobs: ReadonlyMap<string, Blob>;

  constructor(name: string, blobs: ReadonlyMap<string, Blob>) {
    this.name = name;
    this.#blobs = blobs;
  }

  /** Files by their place in the folder that was chosen, or by their name if none was. */
  static fromFiles(files: readonly File[]): BlobMapFolder {
    const paths = files.map((file) => file.webkitRelativePath || file.name);
    const folder = /^[^/]+\//.exec(paths[0] ?? "")?.[0] ?? "";
    const isInFolder = folder !== "" && paths.every((path) => path.startsWith(folder));
    const start = isInFolder ? folder.length : 0;
    const blobs = new Map(files.map((file, index) => [paths[index]?.slice(start) ?? "", file]));
    return new BlobMapFolder(isInFolder ? folder.slice(0, -1) : "local files", blobs);
  }

  async find(path: string): Promise<Blob | undefined> {
    return this.#blobs.get(path);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#blobs.keys()];
  }
}
