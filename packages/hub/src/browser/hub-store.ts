import {
  findDamage,
  type HubStore,
  type Part,
  type PartRequest,
  type StoreLock,
  type StoreLockOptions,
} from "../cache/store.ts";
import { FileReadError, type IntegrityError } from "../errors.ts";
import type { RepositoryListing } from "../hub-api/client.ts";
import { formatListing, isCommit, parseListing, parseObjectId } from "../hub-api/listing.ts";
import { BlobFile } from "../repository-file.ts";
import { acquireWebLock, contentLock } from "./lock.ts";
import { ContentFolder, PieceFile } from "./piece-file.ts";
import type { PrivateFolder } from "./private-folder.ts";

/**
 * One repository's part of the cache in a browser. It is laid out as the one on disk, but for two things: there are no
 * links, so files of a snapshot name their content; and a content lies in pieces (see {@link ContentFolder}).
 *
 *     models--owner--name/
 *       blobs/<SHA-256 or git object>/      contents
 *       snapshots/<commit>/<path>           the name of the content
 *       refs/<revision>                     the commit that a branch or tag stood for
 *       trees/<commit>.json                 the listing of a commit
 *       missing/<commit>/<path>             files known not to exist
 */
export class BrowserHubStore implements HubStore {
  readonly place: string;
  readonly #folder: PrivateFolder;

  /** @param folder - The repository's own, in the folder of the cache. */
  constructor(folder: PrivateFolder) {
    this.#folder = folder;
    this.place = `the browser's cache (${folder.path})`;
  }

  /** The folder of a repository in that of the cache. */
  static folderName(id: string): string {
    return `models--${id.replaceAll("/", "--")}`;
  }

  key(commit: string, path: string): string {
    return `${this.#folder.path}/snapshots/${commit}/${path}`;
  }

  async readCommit(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return (await this.hasSnapshot(revision)) ? revision : undefined;
    const commit = await this.#folder.readText(`refs/${revision}`);
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  async writeCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.readCommit(revision)) === commit) return;
    await this.#folder.writeText(`refs/${revision}`, commit).catch(async (error: unknown) => {
      if (!(await this.#clearWay(revision))) throw error;
      await this.#folder.writeText(`refs/${revision}`, commit);
    });
  }

  /**
   * Removes the notes of other references where their names are in the way: of `release` for `release/1.0`, and the
   * other way round. They can be asked for again.
   */
  async #clearWay(revision: string): Promise<boolean> {
    const segments = revision.split("/");
    const parents = segments.slice(1).map((_, index) => `refs/${segments.slice(0, index + 1).join("/")}`);
    const files = await Promise.all(parents.map((path) => this.#folder.findFile(path)));
    const inTheWay = parents.filter((_, index) => files[index] !== undefined);
    if (await this.#folder.folder(`refs/${revision}`).exists()) inTheWay.push(`refs/${revision}`);
    for (const path of inTheWay) await this.#folder.remove(path);
    return inTheWay.length > 0;
  }

  async hasSnapshot(commit: string): Promise<boolean> {
    return this.#folder.folder(`snapshots/${commit}`).exists();
  }

  async readListing(commit: string): Promise<RepositoryListing | undefined> {
    const text = await this.#folder.readText(`trees/${commit}.json`);
    return text === undefined ? undefined : parseListing(text);
  }

  async writeListing(commit: string, listing: RepositoryListing): Promise<void> {
    await this.#folder.writeText(`trees/${commit}.json`, formatListing(listing)).catch(() => {});
  }

  async findFile(commit: string, path: string): Promise<BlobFile | undefined> {
    const objectId = await this.#linkedContent(commit, path);
    const blob = objectId === undefined ? undefined : await this.#content(objectId).open();
    return blob === undefined ? undefined : new BlobFile(path, blob);
  }

  async findDamage(
    commit: string,
    file: BlobFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const objectId = await this.#linkedContent(commit, file.path);
    return objectId === undefined ? undefined : this.#findDamage(objectId, file, size);
  }

  async isMarkedMissing(commit: string, path: string): Promise<boolean> {
    return (await this.#folder.findFile(`missing/${commit}/${path}`)) !== undefined;
  }

  async markMissing(commit: string, path: string): Promise<void> {
    await this.#folder.writeText(`missing/${commit}/${path}`, "").catch(() => {});
  }

  async hasBlob(objectId: string, size: number | undefined): Promise<boolean> {
    const blob = await this.#content(objectId).open();
    if (blob === undefined) return false;
    return (await this.#findDamage(objectId, new BlobFile(objectId, blob), size)) === undefined;
  }

  /** Room is all that can be missing, and is looked at when the length is known. */
  async checkPlace(): Promise<void> {}

  async linkFile(commit: string, path: string, objectId: string): Promise<BlobFile> {
    await this.#folder.writeText(`snapshots/${commit}/${path}`, objectId);
    const file = await this.findFile(commit, path);
    if (file !== undefined) return file;
    throw new FileReadError({
      subject: this.key(commit, path),
      found: "nothing, although it was just put there",
      expected: "the file",
      remedy: "Something deletes the cache at the same time; try again.",
    });
  }

  lock(objectId: string, options: StoreLockOptions): Promise<StoreLock> {
    return acquireWebLock(contentLock(this.#folder, "blobs", objectId), options);
  }

  openPart(request: PartRequest): Promise<Part> {
    return PieceFile.open({ ...request, folder: this.#folder.folder("blobs"), name: request.objectId });
  }

  async #linkedContent(commit: string, path: string): Promise<string | undefined> {
    return parseObjectId(await this.#folder.readText(`snapshots/${commit}/${path}`));
  }

  #content(objectId: string): ContentFolder {
    return new ContentFolder(this.#folder.folder(`blobs/${objectId}`));
  }

  async #findDamage(
    objectId: string,
    file: BlobFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const wholeSize = await this.#content(objectId).wholeSize();
    return findDamage(file, { objectId, size: size ?? wholeSize }, async () => {
      const { hashBlob } = await import("./content-hash.ts");
      return [await hashBlob(file.blob, objectId)];
    });
  }
}
