import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part, StoreLock, StoreLockOptions, UrlNote, WebPartRequest, WebStore } from "../cache/store.ts";
import { type DiskFile, openDiskFile } from "./disk-file.ts";
import { acquireLock } from "./lock.ts";
import { PartFile } from "./part-file.ts";
import { checkWritable, shortName, writeAside } from "./write-file.ts";

/**
 * The files of one folder on a web server:
 *
 *     <SHA-256 of the folder's address>/
 *       origin.json          {"url": "https://…"}
 *       files/<path>
 *       notes/<path>.json    by what to ask whether the file has changed
 *       locks/<SHA-256 of the path>.onestep.lock   of files that are being fetched
 */
export class UrlCache implements WebStore {
  readonly cacheFolder: string;
  /** This address's folder in it. */
  readonly folder: string;
  readonly #url: string;

  constructor(cacheFolder: string, url: string) {
    this.cacheFolder = cacheFolder;
    this.#url = url;
    this.folder = join(cacheFolder, createHash("sha256").update(url).digest("hex"));
  }

  get place(): string {
    return `the cache folder ${this.cacheFolder}`;
  }

  key(path: string): string {
    return this.fileLocation(path);
  }

  fileLocation(path: string): string {
    return join(this.folder, "files", ...path.split("/"));
  }

  /** The file that is there as long as a process fetches a file. */
  lockLocation(path: string): string {
    return join(this.folder, "locks", `${createHash("sha256").update(path).digest("hex")}.onestep.lock`);
  }

  findFile(path: string): Promise<DiskFile | undefined> {
    return openDiskFile(path, this.fileLocation(path));
  }

  /** The note on a file, if it is there and in form. */
  async readNote(path: string): Promise<UrlNote | undefined> {
    try {
      const note: unknown = JSON.parse(await readFile(this.#noteLocation(path), "utf8"));
      return typeof note === "object" && note !== null ? note : undefined;
    } catch {
      return undefined;
    }
  }

  /** Notes by what a stored file is to be asked for again. @throws CacheWriteError */
  async writeNote(path: string, note: UrlNote): Promise<void> {
    await writeAside(this.#originLocation(), JSON.stringify({ url: this.#url }));
    await writeAside(this.#noteLocation(path), JSON.stringify(note));
  }

  /** Notes that the server has no such file, where there is no copy of it. Never fails. */
  async markMissing(path: string): Promise<void> {
    await this.writeNote(path, { missing: true }).catch(() => {});
  }

  lock(path: string, options: StoreLockOptions): Promise<StoreLock | undefined> {
    return acquireLock(this.lockLocation(path), options);
  }

  async openPart(path: string, { version, size, leftParts, signal }: WebPartRequest): Promise<Part> {
    // Without its note, a file would be fetched again each time.
    for (const note of [this.#noteLocation(path), this.#originLocation()]) await checkWritable(note);
    return PartFile.open({
      location: this.fileLocation(path),
      objectId: undefined,
      version: version === undefined ? "" : hashVersion(version, size),
      leftParts,
      signal,
    });
  }

  #noteLocation(path: string): string {
    const folders = path.split("/");
    const name = folders.pop() as string;
    return join(this.folder, "notes", ...folders, `${shortName(name, ".json".length)}.json`);
  }

  #originLocation(): string {
    return join(this.folder, "origin.json");
  }
}

/** A version, and the length that goes with it, as part of a file's name. */
export function hashVersion(version: string, size: number | undefined): string {
  return createHash("sha256").update(`${version}\n${size}`).digest("hex").slice(0, 16);
}
