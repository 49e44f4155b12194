import { OnestepError } from "@onestep/core";
import { CacheWriteError, DiskSpaceError } from "../errors.ts";
import { DirectoryHandleFolder, findEntry, isMissingEntry } from "../local-folders.ts";

/** An entry of a {@link PrivateFolder}. */
interface PrivateEntry {
  readonly name: string;
  readonly kind: "file" | "directory";
}

/**
 * A folder in the origin private file system. It need not exist: it is created when something is written into it. Paths
 * are relative to it, with forward slashes.
 */
export class PrivateFolder {
  /** Its path in the file system. */
  readonly path: string;
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle, path: string) {
    this.#root = root;
    this.path = path;
  }

  /** The folder at a path. */
  folder(path: string): PrivateFolder {
    return new PrivateFolder(this.#root, `${this.path}/${path}`);
  }

  /** Whether it exists. */
  async exists(): Promise<boolean> {
    return (await this.#find()) !== undefined;
  }

  /** Its direct entries, sorted by name; empty if it does not exist. */
  async entries(): Promise<readonly PrivateEntry[]> {
    const entries: PrivateEntry[] = [];
    for await (const { kind, name } of (await this.#find())?.values() ?? []) entries.push({ kind, name });
    return entries.sort((first, second) => (first.name < second.name ? -1 : 1));
  }

  /** The paths of all files in the folder and its subfolders, sorted; empty if it does not exist. */
  async files(): Promise<readonly string[]> {
    const handle = await this.#find();
    return handle === undefined ? [] : (await new DirectoryHandleFolder(handle).list(undefined)).toSorted();
  }

  /** The file at a path; `undefined` if there is no file. */
  findFile(path: string): Promise<File | undefined> {
    return new DirectoryHandleFolder(this.#root).find(`${this.path}/${path}`);
  }

  /** The text of the file at a path; `undefined` if there is no file. */
  async readText(path: string): Promise<string | undefined> {
    return (await this.findFile(path))?.text();
  }

  /** Writes a small file atomically, so that readers see either the old or the new one. @throws CacheWriteError */
  async writeText(path: string, text: string): Promise<void> {
    await writeInStorage(`${this.path}/${path}`, text.length, async () => {
      const writable = await this.writeFile(path, 0);
      await writable.write(text);
      await writable.close();
    });
  }

  /**
   * A stream into the file at a path. Its data becomes visible when it is closed.
   *
   * @param position - Where writing starts; the bytes before it are kept. 0 replaces the file.
   */
  async writeFile(path: string, position: number): Promise<FileSystemWritableFileStream> {
    const { folder, name } = splitPath(`${this.path}/${path}`);
    const handle = await (await this.#open(folder, true)).getFileHandle(name, { create: true });
    const writable = await handle.createWritable({ keepExistingData: position > 0 });
    if (position > 0) await writable.seek(position);
    return writable;
  }

  /** Removes the file or folder at a path, if there is one. @throws CacheWriteError */
  async remove(path: string): Promise<void> {
    const { folder, name } = splitPath(`${this.path}/${path}`);
    await writeInStorage(`${this.path}/${path}`, 0, async () => {
      try {
        await (await this.#open(folder, false)).removeEntry(name, { recursive: true });
      } catch (error) {
        if (!isMissingEntry(error)) throw error;
      }
    });
  }

  #find(): Promise<FileSystemDirectoryHandle | undefined> {
    return findEntry(this.path, () => this.#open(this.path, false));
  }

  async #open(path: string, create: boolean): Promise<FileSystemDirectoryHandle> {
    let handle = this.#root;
    for (const name of path.split("/")) handle = await handle.getDirectoryHandle(name, { create });
    return handle;
  }
}

function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}

const remedy = "Delete models that are not needed (deleteFromCache), or other data of this site.";

/** How many bytes this site may still store; `undefined` if the browser does not report it. */
export async function readFreeBytes(): Promise<number | undefined> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
  } catch {
    return undefined;
  }
}

/** The error for data that does not fit. */
export function noSpace(
  place: string,
  neededBytes: number,
  freeBytes: number,
  cause?: unknown,
): DiskSpaceError {
  return new DiskSpaceError(
    {
      subject: place,
      found: `${freeBytes} bytes that this site may still store`,
      expected: `${neededBytes} bytes, which are still to be stored`,
      remedy,
      summary: `There is not enough space for ${place}: ${neededBytes} bytes are needed, and this site may store ${freeBytes} more.`,
    },
    { neededBytes, freeBytes, cause },
  );
}

/**
 * Runs an operation that writes to browser storage.
 *
 * @param neededBytes - The space it needs, for the message.
 * @throws DiskSpaceError if the quota is used up; CacheWriteError if storage refuses for another reason.
 */
export async function writeInStorage<Result>(
  place: string,
  neededBytes: number,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    if (OnestepError.isInstance(cause)) throw cause;
    if (cause instanceof DOMException && cause.name === "QuotaExceededError") {
      throw noSpace(place, neededBytes, (await readFreeBytes()) ?? 0, cause);
    }
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new CacheWriteError(
      { subject: place, found: message, expected: "storage of the browser that can be written", remedy },
      { cause },
    );
  }
}
