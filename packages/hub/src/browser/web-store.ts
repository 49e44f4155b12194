import type { Part, StoreLock, StoreLockOptions, UrlNote, WebPartRequest, WebStore } from "../cache/store.ts";
import { BlobFile } from "../repository-file.ts";
import { acquireWebLock, contentLock } from "./lock.ts";
import { ContentFolder, PieceFile } from "./piece-file.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** A note, and which content it is about. */
interface BrowserNote extends UrlNote {
  readonly content?: string;
}

/**
 * The files of one folder on a web server, in the cache of a browser:
 *
 *     urls/<digest of the folder's address>/
 *       origin.json                                   {"url": "https://…"}
 *       notes/<path>.json                             by what to ask whether the file has changed, and its content
 *       contents/<digest of the path>-<of the version>/   contents in pieces
 */
export class BrowserWebStore implements WebStore {
  readonly place: string;
  readonly #folder: PrivateFolder;
  readonly #url: string;
  /** The names of contents that are on their way. */
  readonly #names = new WeakMap<Part, string>();

  private constructor(folder: PrivateFolder, url: string) {
    this.#folder = folder;
    this.#url = url;
    this.place = `the browser's cache (${folder.path})`;
  }

  /** @param storage - The folder of the cache. @param url - The address of the folder on the server. */
  static async open(storage: PrivateFolder, url: string): Promise<BrowserWebStore> {
    return new BrowserWebStore(storage.folder(await BrowserWebStore.folderName(url)), url);
  }

  /** Where the files of an address lie in the folder of the cache. */
  static async folderName(url: string): Promise<string> {
    return `urls/${await shortDigest(url)}`;
  }

  key(path: string): string {
    return `${this.#folder.path}/files/${path}`;
  }

  async findFile(path: string): Promise<BlobFile | undefined> {
    const { content } = (await this.readNote(path)) ?? {};
    if (content === undefined) return undefined;
    const blob = await new ContentFolder(this.#folder.folder(`contents/${content}`)).open();
    return blob === undefined ? undefined : new BlobFile(path, blob);
  }

  async readNote(path: string): Promise<BrowserNote | undefined> {
    try {
      const note: unknown = JSON.parse((await this.#folder.readText(`notes/${path}.json`)) ?? "");
      return typeof note === "object" && note !== null && isContentName(note) ? note : undefined;
    } catch {
      return undefined;
    }
  }

  async writeNote(path: string, note: UrlNote, part: Part): Promise<void> {
    const content = this.#names.get(part);
    await this.#folder.writeText("origin.json", JSON.stringify({ url: this.#url }));
    await this.#folder.writeText(`notes/${path}.json`, JSON.stringify({ ...note, content }));
    await this.#removeContents(await shortDigest(path), content);
  }

  async markMissing(path: string): Promise<void> {
    await this.#folder.writeText(`notes/${path}.json`, JSON.stringify({ missing: true })).catch(() => {});
  }

  async lock(path: string, options: StoreLockOptions): Promise<StoreLock> {
    return acquireWebLock(contentLock(this.#folder, "contents", await shortDigest(path)), options);
  }

  async openPart(path: string, { leftParts, signal, size, version }: WebPartRequest): Promise<Part> {
    const digest = await shortDigest(path);
    const name = `${digest}-${await shortDigest(`${version ?? crypto.randomUUID()}\n${size}`)}`;
    const current = (await this.readNote(path))?.content;
    // The same version is fetched again where what is there is damaged.
    await this.#removeContents(digest, current, leftParts === "adopt" ? name : undefined);
    const folder = this.#folder.folder("contents");
    const part = await PieceFile.open({ folder, name, objectId: undefined, size, leftParts, signal });
    this.#names.set(part, name);
    return part;
  }

  /** Removes what is there of a file, but for the contents of the given names. Never fails. */
  async #removeContents(digest: string, ...kept: readonly (string | undefined)[]): Promise<void> {
    const contents = this.#folder.folder("contents");
    for (const { name } of await contents.entries()) {
      if (name.startsWith(`${digest}-`) && !kept.includes(name)) await contents.remove(name).catch(() => {});
    }
  }
}

/** Whether a note names its content as this store does, if at all: the name becomes the path of a folder. */
function isContentName(note: object): note is BrowserNote {
  if (!("content" in note)) return true;
  return typeof note.content === "string" && /^[0-9a-f]{32}-[0-9a-f]{32}$/.test(note.content);
}

/** 32 hexadecimal digits that stand for a text: half of its SHA-256. */
export async function shortDigest(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
