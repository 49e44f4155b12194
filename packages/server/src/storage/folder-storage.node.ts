import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, mkdir, readdir, realpath, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { errorCode } from "@onestep/core/internal";
import { StorageError } from "../errors.ts";
import {
  attempt,
  ignoreMissing,
  linkError,
  linkFile,
  openEntry,
  readClock,
  streamFile,
  syncFolder,
  writeNewFile,
} from "./folder-files.node.ts";
import type { ImageStorage, PutOptions, StoredEntry } from "./storage.ts";
import { checkAge, checkStorageKey, checkStoragePrefix } from "./storage-key.ts";

/** Names that no key can have. */
const asideFolder = ".aside";
const idFile = ".id";

const leftoverAge = 24 * 3_600_000;

/**
 * A storage in a folder. An entry is written aside, flushed to the disk, and then linked to its place. Symbolic links
 * inside the folder are refused.
 *
 * @example
 * const storage = await FolderStorage.open("/mnt/images");
 * await storage.put("images/fox.png", await image.toPng(), { mediaType: "image/png" });
 */
export class FolderStorage implements ImageStorage {
  readonly id: string;
  /** The real path of the folder. */
  readonly folder: string;

  private constructor(folder: string, id: string) {
    this.folder = folder;
    this.id = id;
  }

  /**
   * Opens a storage, and makes the folder unless it exists.
   *
   * @throws StorageError if the folder cannot be read and written.
   */
  static async open(folder: string): Promise<FolderStorage> {
    const path = resolve(folder);
    return await attempt("open", path, async () => {
      await mkdir(join(path, asideFolder), { recursive: true });
      const root = await realpath(path);
      const id = await readOrMakeId(root);
      await removeLeftovers(root);
      return new FolderStorage(root, id);
    });
  }

  async put(
    key: string,
    data: Uint8Array | ReadableStream<Uint8Array>,
    { replace = false }: PutOptions = {},
  ): Promise<boolean> {
    const location = this.#locate(key);
    if (!replace && (await attempt("read", location, () => this.#exists(location)))) {
      if (!(data instanceof Uint8Array)) await data.cancel();
      return false;
    }
    const aside = join(this.folder, asideFolder, randomUUID());
    await writeNewFile(aside, data);
    try {
      return await attempt("write", location, () => this.#place(aside, location, replace));
    } finally {
      await unlink(aside).catch(() => {});
    }
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const location = this.#locate(key);
    return await attempt("read", location, async () => {
      const opened = await this.#openFile(location);
      if (opened === undefined) return undefined;
      try {
        return new Uint8Array(await opened.file.readFile());
      } finally {
        await opened.file.close();
      }
    });
  }

  async open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    const location = this.#locate(key);
    const opened = await attempt("read", location, () => this.#openFile(location));
    return opened === undefined ? undefined : streamFile(opened.file, location);
  }

  async *list(prefix: string): AsyncIterable<StoredEntry> {
    checkStoragePrefix(prefix);
    yield* this.#walk(prefix.slice(0, -1));
  }

  async delete(keys: readonly string[]): Promise<void> {
    const locations = keys.map((key) => this.#locate(key));
    for (const location of locations) {
      await attempt("delete", location, async () => {
        if ((await this.#checkLinks(dirname(location))) === false) return;
        await unlink(location).catch(ignoreMissing);
        await this.#removeEmpty(dirname(location));
      });
    }
  }

  async expire(prefix: string, olderThanSeconds: number): Promise<void> {
    checkAge(olderThanSeconds);
    const now = await readClock(join(this.folder, asideFolder, randomUUID()));
    const limit = now - olderThanSeconds * 1000;
    for await (const { key, modifiedAt } of this.list(prefix)) {
      if (modifiedAt < limit) await this.delete([key]);
    }
  }

  async close(): Promise<void> {}

  #locate(key: string): string {
    checkStorageKey(key);
    return join(this.folder, ...key.split("/"));
  }

  async #exists(location: string): Promise<boolean> {
    const opened = await this.#openFile(location);
    await opened?.file.close();
    return opened !== undefined;
  }

  /** Opens an entry; undefined if there is none. */
  async #openFile(
    location: string,
  ): Promise<{ readonly file: FileHandle; readonly stats: Stats } | undefined> {
    if ((await this.#checkLinks(dirname(location))) === false) return undefined;
    const file = await openEntry(location);
    if (file === undefined) return undefined;
    const stats = await file.stat();
    if (stats.isFile()) return { file, stats };
    await file.close();
    return undefined;
  }

  /** Moves a finished file to its place. Returns whether it did: not if the place is taken. */
  async #place(aside: string, location: string, replace: boolean): Promise<boolean> {
    // Another call can remove a folder while it is empty.
    for (let attempts = 0; ; attempts++) {
      await this.#makeFolder(dirname(location));
      try {
        if (replace) await rename(aside, location);
        else await linkFile(aside, location);
        await syncFolder(dirname(location));
        return true;
      } catch (error) {
        if (errorCode(error) === "EEXIST") return false;
        if (errorCode(error) !== "ENOENT" || attempts === 10) throw error;
      }
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    for (let path = folder; !(await this.#checkLinks(path)); ) path = dirname(path);
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    // The new folders must survive a power failure, too.
    for (let path = folder; path.length >= first.length; path = dirname(path))
      await syncFolder(dirname(path));
  }

  /** Refuses symbolic links on the way to a folder. Returns whether the folder exists. */
  async #checkLinks(folder: string): Promise<boolean> {
    const real = await realpath(folder).catch(ignoreMissing);
    if (real === undefined) return false;
    if (real === folder) return true;
    throw linkError(folder);
  }

  async #removeEmpty(folder: string): Promise<void> {
    for (let path = folder; path.startsWith(this.folder + sep); path = dirname(path)) {
      const isRemoved = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (!isRemoved) return;
    }
  }

  async *#walk(path: string): AsyncIterable<StoredEntry> {
    const folder = join(this.folder, path);
    const entries = await attempt("read", folder, async () =>
      (await this.#checkLinks(folder))
        ? await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)
        : [],
    );
    const names = (entries ?? [])
      .filter((entry) => !entry.name.startsWith(".") && (entry.isFile() || entry.isDirectory()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
    for (const name of names) {
      if (name.endsWith("/")) yield* this.#walk(`${path}/${name.slice(0, -1)}`);
      else yield* this.#describe(`${path}/${name}`);
    }
  }

  async *#describe(key: string): AsyncIterable<StoredEntry> {
    const location = join(this.folder, key);
    const opened = await attempt("read", location, () => this.#openFile(location));
    await opened?.file.close();
    if (opened !== undefined) yield { key, bytes: opened.stats.size, modifiedAt: opened.stats.mtimeMs };
  }
}

async function readOrMakeId(root: string): Promise<string> {
  const location = join(root, idFile);
  const aside = join(root, asideFolder, randomUUID());
  await writeNewFile(aside, new TextEncoder().encode(`${randomUUID()}\n`));
  try {
    await linkFile(aside, location);
    await syncFolder(root);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  } finally {
    await unlink(aside).catch(() => {});
  }
  const file = await openEntry(location);
  const text = file === undefined ? "" : await file.readFile("utf8").finally(() => file.close());
  if (/^[0-9a-f-]{36}\n$/.test(text)) return text.trim();
  throw new StorageError({
    subject: location,
    found: JSON.stringify(text.slice(0, 50)),
    expected: "the id of the storage",
    remedy: "Restore the file, or delete it if no job refers to this storage.",
  });
}

/** Deletes what processes that were killed left behind. */
async function removeLeftovers(root: string): Promise<void> {
  const limit = (await readClock(join(root, asideFolder, randomUUID()))) - leftoverAge;
  for (const name of await readdir(join(root, asideFolder))) {
    const location = join(root, asideFolder, name);
    const file = await openEntry(location);
    const time = await file?.stat().finally(() => file.close());
    if (time !== undefined && time.mtimeMs < limit) await unlink(location).catch(ignoreMissing);
  }
}
