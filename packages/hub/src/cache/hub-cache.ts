import { FileReadError, type IntegrityError } from "../errors.ts";
import type { RepositoryListing } from "../hub-api/client.ts";
import { formatListing, isCommit, parseListing } from "../hub-api/listing.ts";
import type { RepositoryFile } from "../repository.ts";
import type { Store } from "./store.ts";

/**
 * One Hub repository in a cache, in the layout of Python's cache (huggingface_hub):
 *
 *     models--owner--name/
 *       blobs/<SHA-256 or git object>       contents
 *       snapshots/<commit>/<path>           links to the contents
 *       refs/<revision>                     the commit that a branch or tag stood for
 *       trees/<commit>.json                 the listing of a commit
 *       .no_exist/<commit>/<path>           files known not to exist; `missing` in a browser
 */
export class HubCache {
  readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** The name of a repository's folder in the cache folder. */
  static folderName(id: string): string {
    return `models--${id.replaceAll("/", "--")}`;
  }

  /** The repository that a folder in the cache belongs to; `undefined` if it is not a repository folder. */
  static idOf(folderName: string): string | undefined {
    const [, name] = /^models--(.*)$/s.exec(folderName) ?? [];
    return name?.replace("--", "/");
  }

  /** A name for a file of a commit, unique across all caches. */
  key(commit: string, path: string): string {
    return this.store.key(linkPath(commit, path));
  }

  /** The commit of a branch or tag when it was last resolved; a full commit hash is its own commit. */
  async readCommit(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return (await this.hasSnapshot(revision)) ? revision : undefined;
    const commit = (await this.store.readText(`refs/${revision}`))?.trim();
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  /** Records the commit of a branch or tag. @throws CacheWriteError */
  async writeCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.readCommit(revision)) === commit) return;
    await this.store.writeText(`refs/${revision}`, commit).catch(async (error: unknown) => {
      if (!(await this.#clearWay(revision))) throw error;
      await this.store.writeText(`refs/${revision}`, commit);
    });
  }

  /**
   * Removes the records of other references whose names conflict: `release` with `release/1.0`, and vice versa. They
   * can be resolved again.
   */
  async #clearWay(revision: string): Promise<boolean> {
    const segments = revision.split("/");
    let isCleared = false;
    for (let count = 1; count <= segments.length; count += 1) {
      const path = `refs/${segments.slice(0, count).join("/")}`;
      const inTheWay = count === segments.length ? "folder" : "file";
      if ((await this.store.entryKind(path)) !== inTheWay) continue;
      await this.store.remove(path);
      isCleared = true;
    }
    return isCleared;
  }

  /** Whether any file of a commit has been cached. */
  async hasSnapshot(commit: string): Promise<boolean> {
    return (await this.store.entryKind(`snapshots/${commit}`)) !== undefined;
  }

  /** The list of files of a commit, if it is cached and well-formed. */
  async readListing(commit: string): Promise<RepositoryListing | undefined> {
    // A file that this user may not read can be requested again.
    const text = await this.store.readText(`trees/${commit}.json`).catch(() => undefined);
    return text === undefined ? undefined : parseListing(text);
  }

  /** Stores the listing of a commit. Never fails: it can be requested again. */
  async writeListing(commit: string, listing: RepositoryListing): Promise<void> {
    await this.store.writeText(`trees/${commit}.json`, formatListing(listing)).catch(() => {});
  }

  /** Whether a file is known to be missing from a commit: recorded here, or by Python. */
  async isMarkedMissing(commit: string, path: string): Promise<boolean> {
    return (await this.store.entryKind(this.#missingPath(commit, path))) === "file";
  }

  /** Records that a file is missing from a commit, so that this is known offline. Never fails. */
  async markMissing(commit: string, path: string): Promise<void> {
    await this.store.writeText(this.#missingPath(commit, path), "").catch(() => {});
  }

  /** A file of a commit, if it is cached. */
  findFile(commit: string, path: string): Promise<RepositoryFile | undefined> {
    return this.store.findLinked(path, linkPath(commit, path));
  }

  /** What is wrong with a cached file of a commit, if that can be seen; `size` is its length, if known. */
  findDamage(
    commit: string,
    file: RepositoryFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    return this.store.findDamage(file, linkPath(commit, file.path), size);
  }

  /** Checks that a file can be added to a snapshot, before downloading it. @throws CacheWriteError */
  checkPlace(commit: string, path: string): Promise<void> {
    return this.store.checkWritable(linkPath(commit, path));
  }

  /** Adds a cached content to a commit's snapshot. @throws CacheWriteError */
  async linkFile(commit: string, path: string, objectId: string, isNew: boolean): Promise<RepositoryFile> {
    await this.store.link(objectId, linkPath(commit, path), isNew);
    const file = await this.findFile(commit, path);
    if (file !== undefined) return file;
    throw new FileReadError({
      subject: this.key(commit, path),
      found: "nothing, although it was just written",
      expected: "the file",
      remedy: "Another program deletes files of the cache. Try again.",
      summary: `${this.key(commit, path)} disappeared from the cache right after it was stored.`,
    });
  }

  #missingPath(commit: string, path: string): string {
    return `${this.store.missingFolder}/${commit}/${path}`;
  }
}

function linkPath(commit: string, path: string): string {
  return `snapshots/${commit}/${path}`;
}
