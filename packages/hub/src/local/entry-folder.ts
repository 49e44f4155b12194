import { findEntry } from "../file/is-missing-entry.ts";
import { checkFileCount } from "./check-file-count.ts";
import type { LocalFolder } from "./local-files.ts";

/** A folder that was dropped on a page. Files are looked up when they are asked for. */
export class EntryFolder implements LocalFolder {
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
export function toFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** The browser hands them out a hundred at a time, and nothing at the end. */
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
