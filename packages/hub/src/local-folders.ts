import { InvalidArgumentError, OnestepError } from "@onestep/core";
import { errorMessage, isError } from "@onestep/core/internal";
import { FileReadError } from "./errors.ts";
import type { LocalFolder } from "./local-files.ts";

/** A folder that the user has given the page access to. Files are looked up on demand. */
export class DirectoryHandleFolder implements LocalFolder {
  readonly name: string;
  readonly #handle: FileSystemDirectoryHandle;

  constructor(handle: FileSystemDirectoryHandle) {
    this.name = handle.name || "local files";
    this.#handle = handle;
  }

  async find(path: string): Promise<File | undefined> {
    const segments = path.split("/");
    const fileName = segments.pop() as string;
    return findEntry(path, async () => {
      let folder = this.#handle;
      for (const segment of segments) folder = await folder.getDirectoryHandle(segment);
      return (await folder.getFileHandle(fileName)).getFile();
    });
  }

  async list(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const paths: string[] = [];
    await this.#walk(this.#handle, "", paths, signal);
    return paths;
  }

  async #walk(
    folder: FileSystemDirectoryHandle,
    prefix: string,
    paths: string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const entry of folder.values()) {
      signal?.throwIfAborted();
      const path = `${prefix}${entry.name}`;
      if (entry.kind === "directory")
        await this.#walk(entry as FileSystemDirectoryHandle, `${path}/`, paths, signal);
      else paths.push(path);
      checkFileCount(this.name, paths.length);
    }
  }
}

/**
 * The files and folders dropped on a page, as one folder: the dropped folder itself if there is only one item,
 * otherwise all dropped items side by side.
 *
 * A browser exposes dropped items only while it handles the event, so this function reads them synchronously.
 */
export function readDrop(drop: DataTransfer): LocalFolder {
  const folders: FileSystemDirectoryEntry[] = [];
  const files: (File | FileSystemFileEntry)[] = [];
  for (const item of drop.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = entry === null ? item.getAsFile() : undefined;
    if (entry?.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
    else if (entry !== null) files.push(entry as FileSystemFileEntry);
    else if (file) files.push(file);
  }
  const [only] = folders;
  if (only !== undefined && folders.length === 1 && files.length === 0) return new EntryFolder(only);
  return new DroppedFolder(files, folders);
}

class DroppedFolder implements LocalFolder {
  readonly name: string = "dropped files";
  readonly #files: readonly (File | FileSystemFileEntry)[];
  readonly #folders: ReadonlyMap<string, EntryFolder>;

  constructor(files: readonly (File | FileSystemFileEntry)[], folders: readonly FileSystemDirectoryEntry[]) {
    this.#files = files;
    this.#folders = new Map(folders.map((folder) => [folder.name, new EntryFolder(folder)]));
  }

  async find(path: string): Promise<Blob | undefined> {
    const slash = path.indexOf("/");
    if (slash >= 0) return this.#folders.get(path.slice(0, slash))?.find(path.slice(slash + 1));
    const file = this.#files.find(({ name }) => name === path);
    return file === undefined || file instanceof File ? file : toFile(file);
  }

  async list(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const inFolders = await Promise.all(
      [...this.#folders].map(async ([name, folder]) =>
        (await folder.list(signal)).map((path) => `${name}/${path}`),
      ),
    );
    return [...this.#files.map(({ name }) => name), ...inFolders.flat()];
  }
}

/** A folder dropped on a page. Files are looked up on demand. */
class EntryFolder implements LocalFolder {
  readonly name: string;
  readonly #folder: FileSystemDirectoryEntry;

  constructor(folder: FileSystemDirectoryEntry) {
    this.name = folder.name;
    this.#folder = folder;
  }

  async find(path: string): Promise<Blob | undefined> {
    return findEntry(path, async () => {
      const entry = await new Promise<FileSystemEntry>((resolve, reject) => {
        this.#folder.getFile(path, {}, resolve, reject);
      });
      return toFile(entry as FileSystemFileEntry);
    });
  }

  async list(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const paths: string[] = [];
    await this.#walk(this.#folder, "", paths, signal);
    return paths;
  }

  async #walk(
    folder: FileSystemDirectoryEntry,
    prefix: string,
    paths: string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const entry of await readEntries(folder)) {
      signal?.throwIfAborted();
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory) await this.#walk(entry as FileSystemDirectoryEntry, `${path}/`, paths, signal);
      else paths.push(path);
      checkFileCount(this.name, paths.length);
    }
  }
}

/** The file behind an entry. */
function toFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** The browser returns them a hundred at a time, and an empty list at the end. */
async function readEntries(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** A model has a few dozen. */
const maximumFiles = 10_000;

/** Checks that a folder is not someone's entire disk. @throws InvalidArgumentError if it contains too many files. */
function checkFileCount(name: string, count: number): void {
  if (count <= maximumFiles) return;
  throw new InvalidArgumentError({
    subject: `folder ${name}`,
    found: `more than ${maximumFiles} files`,
    expected: "the folder of one model",
    remedy: "Choose the folder that holds model_index.json or config.json.",
  });
}

/** How browsers reject an invalid file name. TypeErrors are also thrown for many other mistakes. */
const refusedName = /\bname is (?:not allowed|invalid)/i;

/**
 * Whether an error of a browser's file system says: no such name, a name that no file may have, or a folder where a file
 * was asked for.
 */
export function isMissingEntry(error: unknown): boolean {
  if (!isError(error)) return false;
  if (error.name === "TypeError") return refusedName.test(error.message);
  return ["NotFoundError", "TypeMismatchError"].includes(error.name);
}

/** What is found at a path in a browser's file system; `undefined` if nothing is. @throws FileReadError */
export async function findEntry<Entry>(path: string, find: () => Promise<Entry>): Promise<Entry | undefined> {
  try {
    return await find();
  } catch (cause) {
    if (isMissingEntry(cause)) return undefined;
    if (OnestepError.isInstance(cause)) throw cause;
    throw new FileReadError(
      {
        subject: path,
        found: isError(cause) ? `${cause.name}: ${cause.message}` : errorMessage(cause),
        expected: "a file, or nothing, that the browser lets the page see",
        remedy: "Choose the folder again, or allow the page to read it.",
      },
      { cause },
    );
  }
}
