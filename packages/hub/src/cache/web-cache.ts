import type { RepositoryFile } from "../repository.ts";
import type { Part, PartRequest, Store, UrlNote } from "./store.ts";

/**
 * The cached files of one folder on a web server:
 *
 *     origin.json          {"url": "https://…"}
 *     notes/<path>.json    how to check whether the file has changed: see {@link UrlNote}
 */
export class WebCache {
  readonly store: Store;
  readonly #url: string;

  /** @param url - The address of the folder. */
  constructor(store: Store, url: string) {
    this.store = store;
    this.#url = url;
  }

  /** A name for a file, unique across all caches. */
  key(path: string): string {
    return this.store.key(`files/${path}`);
  }

  /** The copy of a file, if there is one. */
  async findFile(path: string): Promise<RepositoryFile | undefined> {
    return this.store.findCopy(path, await this.readNote(path));
  }

  /** The note on a file, if it exists and is well-formed. */
  async readNote(path: string): Promise<UrlNote | undefined> {
    try {
      const note: unknown = JSON.parse((await this.store.readText(notePath(path))) ?? "");
      return typeof note === "object" && note !== null && isContentName(note) ? note : undefined;
    } catch {
      return undefined;
    }
  }

  /** Records how to revalidate a stored file, and makes it the current one. @throws CacheWriteError */
  async writeNote(path: string, note: UrlNote, part: Part): Promise<void> {
    const { content } = part;
    const whole = content === undefined ? note : { ...note, content };
    await this.#write(path, whole);
    await this.store.removeOtherCopies(path, whole);
  }

  /** Records that the server has no such file, if there is no copy of it. Never fails. */
  async markMissing(path: string): Promise<void> {
    await this.#write(path, { missing: true }).catch(() => {});
  }

  /** Starts putting a file into the cache. @throws CacheWriteError */
  async openPart(path: string, request: Omit<PartRequest, "content" | "note">): Promise<Part> {
    // Without its note, a file would be downloaded again every time.
    for (const place of [notePath(path), originPath]) await this.store.checkWritable(place);
    return this.store.openPart({ ...request, content: { path }, note: await this.readNote(path) });
  }

  async #write(path: string, note: UrlNote): Promise<void> {
    await this.store.writeText(originPath, JSON.stringify({ url: this.#url }));
    await this.store.writeText(notePath(path), JSON.stringify(note));
  }
}

const originPath = "origin.json";

function notePath(path: string): string {
  return `notes/${path}.json`;
}

/** Whether the name of the copy, if any, is well-formed: it becomes a folder path. */
function isContentName(note: object): note is UrlNote {
  if (!("content" in note)) return true;
  return typeof note.content === "string" && /^[0-9a-f]{32}-[0-9a-f]{32}$/.test(note.content);
}
