import { EntryFolder, toFile } from "./entry-folder.ts";
import type { LocalFolder } from "./local-files.ts";

/**
 * What was dropped on a page, as one folder: the dropped folder itself where there is just one, else everything that
 * was dropped, side by side.
 *
 * A browser shows the things that were dropped only while it handles the event. They are therefore noted in this call,
 * before anything is waited for.
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
