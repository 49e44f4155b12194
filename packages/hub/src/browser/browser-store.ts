import { HubCache } from "../cache/hub-cache.ts";
import {
  type ContentName,
  findDamage,
  type Part,
  type PartRequest,
  type Store,
  type StoreLock,
  type StoreLockOptions,
  type UrlNote,
} from "../cache/store.ts";
import type { IntegrityError } from "../errors.ts";
import { parseObjectId } from "../hub-api/listing.ts";
import { BlobFile } from "../repository-file.ts";
import { acquireWebLock, contentLock } from "./lock.ts";
import { ContentFolder, PieceFile } from "./piece-file.ts";
import type { PrivateFolder } from "./private-folder.ts";

/**
 * One repository's folder in a browser cache. The layout is the same as on disk, except that there are no links, so
 * snapshot files contain the name of their content; each content is stored in pieces (see {@link ContentFolder}); and
 * copies of web server files are named by path and version.
 *
 *     models--owner--name/                  see HubCache
 *       blobs/<SHA-256 or git object>/      contents
 *     urls/<digest of the folder's address>/               see WebCache
 *       contents/<digest of the path>-<of the version>/    contents
 */
export class BrowserStore implements Store {
  readonly place: string;
  readonly missingFolder: string = "missing";
  readonly #folder: PrivateFolder;

  /** @param folder - The repository's own folder, inside the cache folder. */
  constructor(folder: PrivateFolder) {
    this.#folder = folder;
    this.place = `the browser's cache (${folder.path})`;
  }

  /** The folder of a Hub model. */
  static ofModel(cache: PrivateFolder, id: string): BrowserStore {
    return new BrowserStore(cache.folder(HubCache.folderName(id)));
  }

  /** The folder of a web server address. */
  static async ofUrl(cache: PrivateFolder, url: string): Promise<BrowserStore> {
    return new BrowserStore(cache.folder(await BrowserStore.urlFolderName(url)));
  }

  /** The location of an address's files in the cache folder. */
  static async urlFolderName(url: string): Promise<string> {
    return `urls/${await shortDigest(url)}`;
  }

  key(path: string): string {
    return `${this.#folder.path}/${path}`;
  }

  readText(path: string): Promise<string | undefined> {
    return this.#folder.readText(path);
  }

  writeText(path: string, text: string): Promise<void> {
    return this.#folder.writeText(path, text);
  }

  async entryKind(path: string): Promise<"file" | "folder" | undefined> {
    if ((await this.#folder.findFile(path)) !== undefined) return "file";
    return (await this.#folder.folder(path).exists()) ? "folder" : undefined;
  }

  remove(path: string): Promise<void> {
    return this.#folder.remove(path);
  }

  /** Only free space can be a problem, and it is checked once the length is known. */
  async checkWritable(): Promise<void> {}

  async findLinked(file: string, link: string): Promise<BlobFile | undefined> {
    const objectId = await this.#linkedObject(link);
    const blob = objectId === undefined ? undefined : await this.#content(`blobs/${objectId}`).open();
    return blob === undefined ? undefined : new BlobFile(file, blob);
  }

  async findDamage(
    file: BlobFile,
    link: string,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const objectId = await this.#linkedObject(link);
    return objectId === undefined ? undefined : this.#findDamage(objectId, file, size);
  }

  async hasBlob(objectId: string, size: number | undefined): Promise<boolean> {
    const blob = await this.#content(`blobs/${objectId}`).open();
    if (blob === undefined) return false;
    return (await this.#findDamage(objectId, new BlobFile(objectId, blob), size)) === undefined;
  }

  link(objectId: string, link: string): Promise<void> {
    return this.#folder.writeText(link, objectId);
  }

  async findCopy(path: string, note: UrlNote | undefined): Promise<BlobFile | undefined> {
    if (note?.content === undefined) return undefined;
    const blob = await this.#content(`contents/${note.content}`).open();
    return blob === undefined ? undefined : new BlobFile(path, blob);
  }

  async removeOtherCopies(path: string, note: UrlNote): Promise<void> {
    await this.#removeContents(await shortDigest(path), note.content);
  }

  async lock({ objectId, path }: ContentName, options: StoreLockOptions): Promise<StoreLock> {
    const name =
      objectId === undefined
        ? contentLock(this.#folder, "contents", await shortDigest(path))
        : contentLock(this.#folder, "blobs", objectId);
    return acquireWebLock(name, options);
  }

  async openPart({ content, leftParts, note, signal, size, version }: PartRequest): Promise<Part> {
    const { objectId, path } = content;
    const rest = { objectId, size, leftParts, signal };
    if (objectId !== undefined) {
      return PieceFile.open({ ...rest, folder: this.#folder.folder("blobs"), name: objectId });
    }
    const digest = await shortDigest(path);
    const name = `${digest}-${await shortDigest(`${version ?? crypto.randomUUID()}\n${size}`)}`;
    // If the existing copy is damaged, the same version is downloaded again.
    await this.#removeContents(digest, note?.content, leftParts === "adopt" ? name : undefined);
    return PieceFile.open({ ...rest, folder: this.#folder.folder("contents"), name });
  }

  async #linkedObject(link: string): Promise<string | undefined> {
    return parseObjectId(await this.#folder.readText(link));
  }

  #content(path: string): ContentFolder {
    return new ContentFolder(this.#folder.folder(path));
  }

  async #findDamage(
    objectId: string,
    file: BlobFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined> {
    const wholeSize = await this.#content(`blobs/${objectId}`).wholeSize();
    return findDamage(file, { objectId, size: size ?? wholeSize }, async () => {
      const { hashBlob } = await import("./content-hash.ts");
      return [await hashBlob(file.blob, objectId)];
    });
  }

  /** Removes the contents of a path, except the named ones. Never fails. */
  async #removeContents(digest: string, ...kept: readonly (string | undefined)[]): Promise<void> {
    const contents = this.#folder.folder("contents");
    for (const { name } of await contents.entries()) {
      if (name.startsWith(`${digest}-`) && !kept.includes(name)) await contents.remove(name).catch(() => {});
    }
  }
}

/** A short name for a text: half of its SHA-256 (32 hexadecimal digits). */
async function shortDigest(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
