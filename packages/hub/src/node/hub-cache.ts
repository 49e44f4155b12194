import { readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  findDamage,
  type HubStore,
  type KnownContent,
  type PartRequest,
  type StoreLock,
  type StoreLockOptions,
} from "../cache/store.ts";
import type { IntegrityError } from "../errors.ts";
import type { RepositoryListing } from "../hub-api/client.ts";
import { formatListing, isCommit, parseListing, parseObjectId } from "../hub-api/listing.ts";
import { type DiskFile, hashFile, openDiskFile } from "./disk-file.ts";
import { acquireLock } from "./lock.ts";
import { PartFile } from "./part-file.ts";
import { isNotThere, systemErrorCode, toFileReadError, writeInCache } from "./system-error.ts";
import { checkWritable, linkBlob, makeFolder, writeAside } from "./write-file.ts";

/** What a cache may do. */
export interface HubCacheOptions {
  /** Whether files of a snapshot are links to contents, where links work; `true` by default. */
  readonly linksAllowed?: boolean | undefined;
}

/**
 * One repository's part of the cache that is shared with Python (huggingface_hub):
 *
 *     models--owner--name/
 *       blobs/<SHA-256 or git object>       contents
 *       snapshots/<commit>/<path>           relative links to the contents, or plain files where links do not work
 *       refs/<revision>                     the commit that a branch or tag stood for
 *       trees/<commit>.json                 the listing of a commit
 *       .no_exist/<commit>/<path>           files known not to exist
 *     .locks/models--owner--name/           locks of contents that are being fetched
 */
export class HubCache implements HubStore {
  /** The cache folder, which holds all repositories. */
  readonly cacheFolder: string;
  /** This repository's folder in it. */
  readonly folder: string;

  readonly #linksAllowed: boolean;

  constructor(cacheFolder: string, id: string, { linksAllowed = true }: HubCacheOptions = {}) {
    this.cacheFolder = cacheFolder;
    this.#linksAllowed = linksAllowed;
    this.folder = join(cacheFolder, `models--${id.replaceAll("/", "--")}`);
  }

  get place(): string {
    return `the cache folder ${this.cacheFolder}`;
  }

  key(commit: string, path: string): string {
    return this.snapshotLocation(commit, path);
  }

  /** Where a file of a commit lies, if it is cached. */
  snapshotLocation(commit: string, path: string): string {
    return join(this.folder, "snapshots", commit, ...path.split("/"));
  }

  /** Where a content lies, if it is cached. */
  blobLocation(objectId: string): string {
    return join(this.folder, "blobs", objectId);
  }

  /** The commit that a branch or tag stood for when it was last asked for; a full commit hash stands for itself. */
  async readCommit(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return (await this.hasSnapshot(revision)) ? revision : undefined;
    const commit = (await readOptional(this.#refLocation(revision)))?.trim();
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  /** Remembers what a branch or tag stands for. @throws CacheWriteError */
  async writeCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.readCommit(revision)) === commit) return;
    const location = this.#refLocation(revision);
    await writeAside(location, commit, this.folder).catch(async (error: unknown) => {
      if (!(await this.#clearWay(revision))) throw error;
      await writeAside(location, commit, this.folder);
    });
  }

  /**
   * Removes the notes of other references where their names are in the way: of `release` for `release/1.0`, and the
   * other way round. They can be asked for again.
   */
  async #clearWay(revision: string): Promise<boolean> {
    const segments = revision.split("/");
    let isCleared = false;
    for (let count = 1; count <= segments.length; count += 1) {
      const location = this.#refLocation(segments.slice(0, count).join("/"));
      const isFolder = (await stat(location).catch(() => undefined))?.isDirectory();
      if (isFolder === undefined || isFolder !== (count === segments.length)) continue;
      await writeInCache(location, () => rm(location, { recursive: true }));
      isCleared = true;
    }
    return isCleared;
  }

  /** Whether any file of a commit was ever cached. */
  async hasSnapshot(commit: string): Promise<boolean> {
    return isThere(join(this.folder, "snapshots", commit));
  }

  /** A file of a commit, if it is cached. */
  findFile(commit: string, path: string): Promise<DiskFile | undefined> {
    return openDiskFile(path, this.snapshotLocation(commit, path));
  }

  /** The file that is there as long as a process fetches a content, in the folder where Python has its own. */
  lockLocation(objectId: string): string {
    return join(this.cacheFolder, ".locks", basename(this.folder), `${objectId}.onestep.lock`);
  }

  /** Whether a content is cached, undamaged as far as that shows: see {@link findDamage}. */
  async hasBlob(objectId: string, size: number | undefined): Promise<boolean> {
    const blob = await openDiskFile(objectId, this.blobLocation(objectId));
    return blob !== undefined && (await findDamageOnDisk(blob, { objectId, size })) === undefined;
  }

  checkPlace(commit: string, path: string): Promise<void> {
    return checkWritable(this.snapshotLocation(commit, path));
  }

  lock(objectId: string, options: StoreLockOptions): Promise<StoreLock | undefined> {
    return acquireLock(this.lockLocation(objectId), options);
  }

  openPart({ size: _size, ...request }: PartRequest): Promise<PartFile> {
    return PartFile.open({ ...request, location: this.blobLocation(request.objectId), version: "" });
  }

  /** What is wrong with a cached file of a commit, if it shows; `size` is its length, where that is known. */
  async findDamage(
    commit: string,
    file: DiskFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const target = await readlink(this.snapshotLocation(commit, file.path)).catch(() => "");
    return findDamageOnDisk(file, { objectId: parseObjectId(basename(target)), size });
  }

  /** Puts a cached content in its place in a commit's snapshot. @throws CacheWriteError */
  async linkFile(commit: string, path: string, objectId: string, isNew: boolean): Promise<DiskFile> {
    const location = this.snapshotLocation(commit, path);
    const linksAllowed = this.#linksAllowed;
    await linkBlob(this.blobLocation(objectId), location, { isNew, linksAllowed });
    const file = await openDiskFile(path, location);
    if (file !== undefined) return file;
    throw toFileReadError(location, new Error("nothing, although it was just put there"));
  }

  /** Whether a commit is known not to have a file: a note of Python's or of ours. */
  async isMarkedMissing(commit: string, path: string): Promise<boolean> {
    return isThere(this.#missingLocation(commit, path));
  }

  /** Notes that a commit does not have a file, so that the answer is known offline. Never fails. */
  async markMissing(commit: string, path: string): Promise<void> {
    const location = this.#missingLocation(commit, path);
    await makeFolder(dirname(location))
      .then(() => writeFile(location, ""))
      .catch(() => {});
  }

  /** The listing of a commit, if it is cached and in form. */
  async readListing(commit: string): Promise<RepositoryListing | undefined> {
    // What another user keeps from this one can be asked for again.
    const text = await readOptional(this.#listingLocation(commit)).catch(() => undefined);
    return text === undefined ? undefined : parseListing(text);
  }

  /** Keeps the listing of a commit, as huggingface_hub does. Never fails: it can be asked for again. */
  async writeListing(commit: string, listing: RepositoryListing): Promise<void> {
    await writeAside(this.#listingLocation(commit), formatListing(listing)).catch(() => {});
  }

  #refLocation(revision: string): string {
    return join(this.folder, "refs", ...revision.split("/"));
  }

  #missingLocation(commit: string, path: string): string {
    return join(this.folder, ".no_exist", commit, ...path.split("/"));
  }

  #listingLocation(commit: string): string {
    return join(this.folder, "trees", `${commit}.json`);
  }
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

async function isThere(location: string): Promise<boolean> {
  return stat(location).then(
    () => true,
    () => false,
  );
}

async function readOptional(location: string): Promise<string | undefined> {
  try {
    return await readFile(location, "utf8");
  } catch (error) {
    if (isNotThere(error) || systemErrorCode(error) === "EISDIR") return undefined;
    throw toFileReadError(location, error);
  }
}
