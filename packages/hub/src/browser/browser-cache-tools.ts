import type {
  Cache,
  CachedContent,
  CacheEntry,
  CacheFolder,
  CacheLocation,
  CacheProblem,
  StoredContent,
} from "../cache/cache-report.ts";
import { isCommit, parseObjectId } from "../hub-api/listing.ts";
import { BrowserStore } from "./browser-store.ts";
import { contentLock, heldWebLocks } from "./lock.ts";
import { openStorage } from "./open-storage.ts";
import { ContentFolder } from "./piece-file.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** Opens a browser cache for the cache tools. @throws UnsupportedError if the browser has no storage. */
export async function openBrowserCache({ cacheDir }: CacheLocation): Promise<Cache> {
  return new BrowserCache((await openStorage({ cacheDir, isNeeded: true })) as PrivateFolder);
}

class BrowserCache implements Cache {
  readonly cacheDir: string;
  readonly place: string = "the browser's cache";
  readonly #root: PrivateFolder;

  constructor(root: PrivateFolder) {
    this.#root = root;
    this.cacheDir = root.path;
  }

  async entries(kind: CacheFolder["kind"]): Promise<readonly CacheEntry[]> {
    const folder = kind === "hub" ? this.#root : this.#root.folder("urls");
    return (await folder.entries()).map((entry) => ({
      name: kind === "hub" ? entry.name : `urls/${entry.name}`,
      location: `${folder.path}/${entry.name}`,
      isFolder: entry.kind === "directory",
    }));
  }

  folder(kind: CacheFolder["kind"], name: string): CacheFolder {
    return new BrowserCacheFolder(kind, this.#root, name);
  }

  urlFolderName(url: string): Promise<string> {
    return BrowserStore.urlFolderName(url);
  }

  /** Writes in a browser are atomic and leave nothing behind. */
  async pruneRest(): Promise<number> {
    return 0;
  }
}

class BrowserCacheFolder implements CacheFolder {
  readonly kind: CacheFolder["kind"];
  readonly store: BrowserStore;
  readonly #root: PrivateFolder;
  readonly #name: string;
  readonly #folder: PrivateFolder;

  constructor(kind: CacheFolder["kind"], root: PrivateFolder, name: string) {
    this.kind = kind;
    this.#root = root;
    this.#name = name;
    this.#folder = root.folder(name);
    this.store = new BrowserStore(this.#folder);
  }

  get location(): string {
    return this.#folder.path;
  }

  async entryKind(): Promise<"folder" | "nothing"> {
    return (await this.#folder.exists()) ? "folder" : "nothing";
  }

  async readRefs(problems: CacheProblem[]): Promise<Map<string, string[]>> {
    const refs = new Map<string, string[]>();
    for (const name of await this.#folder.folder("refs").files()) {
      const path = `refs/${name}`;
      const commit = (await this.#folder.readText(path)) ?? "";
      if (isCommit(commit)) refs.set(commit, [...(refs.get(commit) ?? []), name]);
      else problems.push({ path: this.store.key(path), message: "does not hold a commit" });
    }
    return refs;
  }

  async readSnapshots(problems: CacheProblem[]): Promise<ReadonlyMap<string, readonly CachedContent[]>> {
    const stored = new Map((await this.readContents()).map((content) => [content.path, content]));
    const snapshots = new Map<string, readonly CachedContent[]>();
    for (const { kind, name: commit } of await this.#folder.folder("snapshots").entries()) {
      if (kind !== "directory" || !isCommit(commit)) continue;
      const snapshot = this.#folder.folder(`snapshots/${commit}`);
      const contents: CachedContent[] = [];
      for (const path of await snapshot.files()) {
        const content = stored.get(`blobs/${parseObjectId(await snapshot.readText(path))}`);
        if (content !== undefined && content.part === undefined) contents.push(content);
        else problems.push({ path: `${snapshot.path}/${path}`, message: "leads to no file" });
      }
      snapshots.set(commit, contents);
    }
    return snapshots;
  }

  async readContents(): Promise<readonly StoredContent[]> {
    const room = this.kind === "hub" ? "blobs" : "contents";
    const folder = this.#folder.folder(room);
    const contents: (Omit<StoredContent, "part"> & { readonly isWhole: boolean; readonly lock: string })[] =
      [];
    for (const { name } of await folder.entries()) {
      const content = new ContentFolder(folder.folder(name));
      const pieces = await content.pieces();
      contents.push({
        path: `${room}/${name}`,
        place: content.path,
        store: content.path,
        size: pieces.reduce((sum, piece) => sum + piece.size, 0),
        lastUsed: pieces.reduce((latest, piece) => Math.max(latest, piece.lastModified), 0),
        isWhole: (await content.wholeSize()) !== undefined,
        lock: contentLock(this.#folder, room, name),
      });
    }
    // Read after the contents: a page takes the lock before creating the content.
    const held = await heldWebLocks();
    return contents.map(({ isWhole, lock, ...content }) => ({
      ...content,
      part: isWhole ? undefined : { isLeft: !held.has(lock), processId: undefined },
    }));
  }

  /** References and snapshots are removed first, so that no reader sees a partial repository. */
  async delete(): Promise<void> {
    for (const first of ["refs", "snapshots", "notes"]) await this.#folder.remove(first);
    await this.#root.remove(this.#name);
  }
}
