import { randomBytes } from "node:crypto";
import { lstat, readdir, readFile, readlink, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  type Cache,
  type CachedContent,
  type CacheEntry,
  type CacheFolder,
  type CacheLocation,
  type CacheProblem,
  isInterruptedDeletion,
  type StoredContent,
} from "../cache/cache-report.ts";
import { HubCache } from "../cache/hub-cache.ts";
import { isCommit } from "../hub-api/listing.ts";
import { DiskStore } from "./disk-store.ts";
import { readLock } from "./lock.ts";
import { resolveHubCache, resolveUrlCache } from "./settings.ts";
import { isNotThere, toFileReadError, writeInCache } from "./system-error.ts";

/** Opens a cache on disk for the cache tools. */
export async function openDiskCache({ cacheDir, environment = process.env }: CacheLocation): Promise<Cache> {
  return new DiskCache(resolveHubCache(cacheDir, environment), resolveUrlCache(cacheDir, environment));
}

/** The cache folder shared with Python, and the one for web servers. */
class DiskCache implements Cache {
  readonly cacheDir: string;
  readonly #urlFolder: string;

  constructor(hubFolder: string, urlFolder: string) {
    this.cacheDir = hubFolder;
    this.#urlFolder = urlFolder;
  }

  get place(): string {
    return `the cache folder ${this.cacheDir}`;
  }

  async entries(kind: CacheFolder["kind"]): Promise<readonly CacheEntry[]> {
    const entries = await readFolder(kind === "hub" ? this.cacheDir : this.#urlFolder);
    return entries.map((entry) => ({
      name: entry.path,
      location: entry.location,
      isFolder: entry.kind === "folder",
    }));
  }

  folder(kind: CacheFolder["kind"], name: string): CacheFolder {
    return kind === "hub"
      ? new ModelFolder(new DiskStore(this.cacheDir, name))
      : new WebFolder(new DiskStore(this.#urlFolder, name));
  }

  async urlFolderName(url: string): Promise<string> {
    return basename(DiskStore.ofUrl(this.#urlFolder, url).folder);
  }

  async pruneRest(signal: AbortSignal | undefined): Promise<number> {
    let freedBytes = 0;
    for (const cacheFolder of [this.cacheDir, this.#urlFolder]) {
      for (const { kind, location, path } of await readFolder(cacheFolder)) {
        signal?.throwIfAborted();
        if (kind !== "folder") continue;
        const isOfWeb = cacheFolder === this.#urlFolder;
        if (isInterruptedDeletion(path)) freedBytes += await removeFolder(location);
        else if (isOfWeb || HubCache.idOf(path) !== undefined) {
          for (const file of await readFolderDeep(location)) {
            if (!interruptedWrite.test(file.path)) continue;
            freedBytes += await removeFile(file.location, restingMilliseconds);
          }
          if (isOfWeb) await pruneLocks(join(location, "locks"), true);
        }
      }
    }
    for (const { kind, location, path } of await readFolder(join(this.cacheDir, ".locks"))) {
      signal?.throwIfAborted();
      const isModelThere = (await stat(join(this.cacheDir, path)).catch(() => undefined)) !== undefined;
      if (kind === "folder") await pruneLocks(location, isModelThere);
    }
    await rmdir(join(this.cacheDir, ".locks")).catch(() => {});
    return freedBytes;
  }
}

/** The common parts of Hub models and web server folders. */
abstract class DiskFolder implements CacheFolder {
  abstract readonly kind: CacheFolder["kind"];
  readonly store: DiskStore;

  constructor(store: DiskStore) {
    this.store = store;
  }

  get location(): string {
    return this.store.folder;
  }

  async entryKind(): Promise<"folder" | "nothing" | "something else"> {
    try {
      return (await lstat(this.location)).isDirectory() ? "folder" : "something else";
    } catch (error) {
      if (isNotThere(error)) return "nothing";
      throw toFileReadError(this.location, error);
    }
  }

  abstract readRefs(problems: CacheProblem[]): Promise<Map<string, string[]>>;
  abstract readSnapshots(problems: CacheProblem[]): Promise<ReadonlyMap<string, readonly CachedContent[]>>;
  abstract readContents(problems: CacheProblem[]): Promise<readonly StoredContent[]>;

  async delete(): Promise<void> {
    const aside = join(dirname(this.location), `.deleting-${randomBytes(4).toString("hex")}`);
    await writeInCache(this.location, async () => {
      await rename(this.location, aside);
      await rm(aside, { recursive: true, force: true });
    });
  }
}

/** A `models--owner--name` folder. */
class ModelFolder extends DiskFolder {
  readonly kind = "hub";

  async readRefs(problems: CacheProblem[]): Promise<Map<string, string[]>> {
    const refs = new Map<string, string[]>();
    for (const { location, path } of await readFolderDeep(join(this.location, "refs"))) {
      if (interruptedWrite.test(path)) {
        problems.push({ path: location, message: "is left over from an interrupted write" });
        continue;
      }
      const commit = (await readFile(location, "utf8").catch(() => "")).trim();
      if (isCommit(commit)) refs.set(commit, [...(refs.get(commit) ?? []), path]);
      else problems.push({ path: location, message: "does not hold a commit" });
    }
    return refs;
  }

  async readSnapshots(problems: CacheProblem[]): Promise<ReadonlyMap<string, readonly CachedContent[]>> {
    const snapshots = new Map<string, readonly CachedContent[]>();
    for (const { kind, location, path: commit } of await readFolder(join(this.location, "snapshots"))) {
      if (kind !== "folder") {
        problems.push({ path: location, message: "is not a folder, as every snapshot is" });
        continue;
      }
      const contents: CachedContent[] = [];
      for (const entry of await readFolderDeep(location)) {
        const content = await findContent(entry);
        if (content === undefined) problems.push({ path: entry.location, message: "leads to no file" });
        else contents.push(content);
      }
      snapshots.set(commit, contents);
    }
    return snapshots;
  }

  async readContents(problems: CacheProblem[]): Promise<readonly StoredContent[]> {
    const blobs = await readFolder(join(this.location, "blobs"));
    // Read after the partial files: a process takes the lock before creating the file.
    const locks = await findLocks(locksFolder(this.location));
    for (const { isHeld, location: path } of locks) {
      if (isHeld === false) problems.push({ path, message: "is the lock of a process that has ended" });
    }
    const contents: StoredContent[] = [];
    for (const { location, path: name } of blobs) {
      const content = await findContent({ path: name, location, kind: "file" });
      if (content === undefined) {
        problems.push({ path: location, message: "leads to no file" });
        continue;
      }
      const lock = locks.find(({ isOurs, objectId }) => isOurs && name.startsWith(objectId));
      const isFree = lock === undefined || lock.isHeld === false;
      const isLeft = lock?.isHeld === true ? false : ownPart.test(name) && isFree ? true : undefined;
      const part = name.endsWith(".incomplete") ? { isLeft, processId: lock?.pid } : undefined;
      contents.push({ ...content, path: `blobs/${name}`, part });
    }
    return contents;
  }

  override async delete(): Promise<void> {
    await super.delete();
    await writeInCache(this.location, () => removeLocks(locksFolder(this.location)));
  }
}

/** The folder of an address on a web server. */
class WebFolder extends DiskFolder {
  readonly kind = "web";

  async readRefs(): Promise<Map<string, string[]>> {
    return new Map();
  }

  async readSnapshots(): Promise<ReadonlyMap<string, readonly CachedContent[]>> {
    return new Map();
  }

  async readContents(problems: CacheProblem[]): Promise<readonly StoredContent[]> {
    const contents: StoredContent[] = [];
    for (const entry of await readFolderDeep(join(this.location, "files"))) {
      const content = entry.kind === "file" ? await findContent(entry) : undefined;
      if (content === undefined) {
        problems.push({ path: entry.location, message: "is not a file" });
        continue;
      }
      const part = entry.path.endsWith(".incomplete")
        ? { isLeft: undefined, processId: undefined }
        : undefined;
      contents.push({ ...content, path: `files/${entry.path}`, part });
    }
    return contents;
  }
}

/** An entry of a folder. */
interface FolderEntry {
  /** Relative to the folder that was read, with forward slashes. */
  readonly path: string;
  readonly location: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** The entries of a folder, sorted; none if it does not exist. Links are not followed. @throws FileReadError */
async function readFolder(folder: string): Promise<readonly FolderEntry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .map((entry): FolderEntry => {
        const kind = entry.isSymbolicLink()
          ? "link"
          : entry.isDirectory()
            ? "folder"
            : entry.isFile()
              ? "file"
              : "other";
        return { path: entry.name, location: join(folder, entry.name), kind };
      })
      .sort((first, second) => (first.path < second.path ? -1 : 1));
  } catch (error) {
    if (isNotThere(error)) return [];
    throw toFileReadError(folder, error);
  }
}

/** Like {@link readFolder}, for the files and links of all folders below as well; folders themselves are left out. */
async function readFolderDeep(folder: string, prefix = ""): Promise<readonly FolderEntry[]> {
  const found: FolderEntry[] = [];
  for (const entry of await readFolder(folder)) {
    if (entry.kind === "folder")
      found.push(...(await readFolderDeep(entry.location, `${prefix}${entry.path}/`)));
    else found.push({ ...entry, path: prefix + entry.path });
  }
  return found;
}

/** Finds the content behind a file or a link; `undefined` if the link is broken or leads to something else. */
async function findContent({ kind, location }: FolderEntry): Promise<CachedContent | undefined> {
  try {
    const place = kind === "link" ? resolve(dirname(location), await readlink(location)) : location;
    const store = await realpath(location);
    const status = await stat(store);
    if (!status.isFile()) return undefined;
    const isLinkedOn = (await lstat(place)).isSymbolicLink();
    const lastUsed = Math.max(status.atimeMs, status.mtimeMs);
    return { place, store: isLinkedOn ? store : place, size: status.size, lastUsed };
  } catch {
    return undefined;
  }
}

/** A lock in a cache. */
interface CachedLock {
  readonly location: string;
  /** Whether it was created by this package, not by Python. */
  readonly isOurs: boolean;
  /** The content that it is for, by its SHA-256 or git object. */
  readonly objectId: string;
  /** The id of the process that holds it, if it is on this machine. */
  readonly pid: number | undefined;
  /** Whether that process still runs; `undefined` if unknown, as for the locks of Python. */
  readonly isHeld: boolean | undefined;
}

/** The folder with the locks of a repository, shared with Python's locks. */
function locksFolder(repositoryFolder: string): string {
  return join(dirname(repositoryFolder), ".locks", basename(repositoryFolder));
}

/** The locks of a repository, Python's included. */
async function findLocks(folder: string): Promise<readonly CachedLock[]> {
  const files = (await readFolder(folder)).filter(({ kind }) => kind === "file");
  return Promise.all(
    files.map(async ({ location, path }) => {
      const isOurs = path.includes(".onestep.lock");
      const state = isOurs ? await readLock(location) : undefined;
      const pid = state?.isHeld === true ? state.owner?.pid : undefined;
      return { location, isOurs, objectId: path.split(".")[0] ?? "", pid, isHeld: state?.isHeld };
    }),
  );
}

/** Removes the locks of a repository, except those held by a process on this machine. */
async function removeLocks(folder: string): Promise<void> {
  for (const lock of await findLocks(folder)) {
    if (lock.isHeld !== true) await rm(lock.location, { force: true });
  }
  for (const empty of [folder, dirname(folder)]) await rmdir(empty).catch(() => {});
}

const ownPart = /\.onestep-[0-9a-f-]+\.incomplete$/;
const interruptedWrite = /\.[0-9a-f]{8}\.tmp$/;
const interruptedTakeover = /\.lock\.[0-9a-f]{8}$/;

/** Files changed more recently than this may be in use. */
const restingMilliseconds = 10 * 60 * 1000;

/** Removes a file that has not changed for a while. Returns its length, or 0 if it stays. */
async function removeFile(location: string, restingFor: number): Promise<number> {
  return writeInCache(location, async () => {
    const status = await stat(location).catch(() => undefined);
    if (status === undefined || Date.now() - status.mtimeMs < restingFor) return 0;
    await rm(location, { force: true });
    return status.size;
  });
}

async function removeFolder(folder: string): Promise<number> {
  let size = 0;
  for (const { kind, location } of await readFolderDeep(folder)) {
    if (kind === "file") size += (await stat(location).catch(() => undefined))?.size ?? 0;
  }
  await writeInCache(folder, () => rm(folder, { recursive: true, force: true }));
  return size;
}

/** Python leaves its lock files behind; they are removed once their model is gone. */
async function pruneLocks(folder: string, isModelThere: boolean): Promise<void> {
  for (const { isHeld, isOurs, location } of await findLocks(folder)) {
    const isLeft = isHeld === false || interruptedTakeover.test(location);
    if (isLeft || (!isOurs && !isModelThere)) await removeFile(location, isLeft ? 0 : restingMilliseconds);
  }
  await rmdir(folder).catch(() => {});
}
