import { createHash } from "node:crypto";
import { readFile, readlink, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HubCache } from "../cache/hub-cache.ts";
import {
  type ContentName,
  findDamage,
  type KnownContent,
  type PartRequest,
  type Store,
  type StoreLock,
  type StoreLockOptions,
} from "../cache/store.ts";
import type { IntegrityError } from "../errors.ts";
import { parseObjectId } from "../hub-api/listing.ts";
import { type DiskFile, hashFile, openDiskFile } from "./disk-file.ts";
import { acquireLock } from "./lock.ts";
import { PartFile } from "./part-file.ts";
import { isNotThere, systemErrorCode, toFileReadError, writeInCache } from "./system-error.ts";
import { checkWritable, linkBlob, shortName, writeAside } from "./write-file.ts";

/** Options of a cache on disk. */
interface DiskStoreOptions {
  /** Whether snapshot files are links to contents, if links work; `true` by default. */
  readonly linksAllowed?: boolean | undefined;
}

/**
 * One repository's folder in a cache on disk: of a model of the Hub in the cache that is shared with Python, or of a
 * folder of a web server in a cache beside it.
 *
 *     models--owner--name/           see HubCache; links are symbolic if they work, and the files themselves elsewhere
 *     .locks/models--owner--name/    locks of contents that are being downloaded
 *
 *     <SHA-256 of the folder's address>/   see WebCache
 *       files/<path>
 *       locks/<SHA-256 of the path>.onestep.lock
 */
export class DiskStore implements Store {
  /** The cache folder, which holds all repositories. */
  readonly cacheFolder: string;
  /** This repository's folder in it. */
  readonly folder: string;
  readonly missingFolder: string = ".no_exist";
  readonly #linksAllowed: boolean;

  /** @param name - The name of its folder in the cache. */
  constructor(cacheFolder: string, name: string, { linksAllowed = true }: DiskStoreOptions = {}) {
    this.cacheFolder = cacheFolder;
    this.folder = join(cacheFolder, name);
    this.#linksAllowed = linksAllowed;
  }

  /** The folder of a Hub model. */
  static ofModel(cacheFolder: string, id: string, options?: DiskStoreOptions): DiskStore {
    return new DiskStore(cacheFolder, HubCache.folderName(id), options);
  }

  /** The folder of a web server address. */
  static ofUrl(cacheFolder: string, url: string): DiskStore {
    return new DiskStore(cacheFolder, sha256(url));
  }

  get place(): string {
    return `the cache folder ${this.cacheFolder}`;
  }

  key(path: string): string {
    return this.location(path);
  }

  /** Where a path of the store is on disk. */
  location(path: string): string {
    const folders = path.split("/");
    const name = folders.pop() as string;
    const ending = ".json";
    const isNote = folders[0] === "notes" && name.endsWith(ending);
    const shown = isNote ? shortName(name.slice(0, -ending.length), ending.length) + ending : name;
    return join(this.folder, ...folders, shown);
  }

  /** The file that exists while a process downloads a content. Python's locks of a model are in the same folder. */
  lockLocation({ objectId, path }: ContentName): string {
    return objectId === undefined
      ? join(this.folder, "locks", `${sha256(path)}.onestep.lock`)
      : join(this.cacheFolder, ".locks", basename(this.folder), `${objectId}.onestep.lock`);
  }

  async readText(path: string): Promise<string | undefined> {
    const location = this.location(path);
    try {
      return await readFile(location, "utf8");
    } catch (error) {
      if (isNotThere(error) || systemErrorCode(error) === "EISDIR") return undefined;
      throw toFileReadError(location, error);
    }
  }

  /**
   * References are written to a temporary file in the repository's folder, since every file in `refs` counts as one.
   */
  async writeText(path: string, text: string): Promise<void> {
    const location = this.location(path);
    await writeAside(location, text, path.startsWith("refs/") ? this.folder : dirname(location));
  }

  async entryKind(path: string): Promise<"file" | "folder" | undefined> {
    const status = await stat(this.location(path)).catch(() => undefined);
    return status === undefined ? undefined : status.isDirectory() ? "folder" : "file";
  }

  async remove(path: string): Promise<void> {
    const location = this.location(path);
    await writeInCache(location, () => rm(location, { recursive: true, force: true }));
  }

  checkWritable(path: string): Promise<void> {
    return checkWritable(this.location(path));
  }

  findLinked(file: string, link: string): Promise<DiskFile | undefined> {
    return openDiskFile(file, this.location(link));
  }

  async findDamage(
    file: DiskFile,
    link: string,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const target = await readlink(this.location(link)).catch(() => "");
    return findDamageOnDisk(file, { objectId: parseObjectId(basename(target)), size });
  }

  async hasBlob(objectId: string, size: number | undefined): Promise<boolean> {
    const blob = await openDiskFile(objectId, this.location(`blobs/${objectId}`));
    return blob !== undefined && (await findDamageOnDisk(blob, { objectId, size })) === undefined;
  }

  link(objectId: string, link: string, isNew: boolean): Promise<void> {
    const linksAllowed = this.#linksAllowed;
    return linkBlob(this.location(`blobs/${objectId}`), this.location(link), { isNew, linksAllowed });
  }

  findCopy(path: string): Promise<DiskFile | undefined> {
    return openDiskFile(path, this.location(`files/${path}`));
  }

  /** Does nothing: a copy replaces the previous one. */
  async removeOtherCopies(): Promise<void> {}

  lock(content: ContentName, options: StoreLockOptions): Promise<StoreLock | undefined> {
    return acquireLock(this.lockLocation(content), options);
  }

  openPart({ content, leftParts, signal, size, version }: PartRequest): Promise<PartFile> {
    const { objectId, path } = content;
    return PartFile.open({
      location: this.location(objectId === undefined ? `files/${path}` : `blobs/${objectId}`),
      objectId,
      version: version === undefined ? "" : hashVersion(version, size),
      leftParts,
      signal,
    });
  }
}

/** A version, and the corresponding length, as part of a file name. */
export function hashVersion(version: string, size: number | undefined): string {
  return sha256(`${version}\n${size}`).slice(0, 16);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function findDamageOnDisk(file: DiskFile, known: KnownContent): Promise<IntegrityError | undefined> {
  return findDamage(file, known, async (objectId) => {
    try {
      return await hashFile(file.localPath, file.size, objectId);
    } catch (error) {
      throw toFileReadError(file.localPath, error);
    }
  });
}
