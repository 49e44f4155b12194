import {
  type CachedIncompleteFile,
  type CachedRepository,
  type CacheProblem,
  type CacheReport,
  checkDeletion,
  type DeleteFromCacheOptions,
  type DeletionReport,
  latestOf,
  makeReport,
  type PruneCacheOptions,
  parseOrigin,
  repositoryNotCached,
  revisionNotCached,
  type ScanCacheOptions,
  type SearchedCache,
  unknownOrigin,
} from "../cache/cache-report.ts";
import { HubCache } from "../cache/hub-cache.ts";
import { isCommit, parseObjectId } from "../hub-api/listing.ts";
import { findRepositoryIdFault } from "../validators.ts";
import { BrowserStore } from "./browser-store.ts";
import { contentLock, heldWebLocks } from "./lock.ts";
import { openCacheFolder } from "./open-storage.ts";
import { ContentFolder } from "./piece-file.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** See `scanCache` in `cache-tools.ts`. */
export async function scanBrowserCache(options: ScanCacheOptions): Promise<CacheReport> {
  const cache = await openCacheFolder(options);
  const problems: CacheProblem[] = [];
  const repositories: CachedRepository[] = [];
  for (const { name } of await cache.entries()) {
    options.signal?.throwIfAborted();
    const id = HubCache.idOf(name);
    if (id === undefined) continue;
    const folder = cache.folder(name);
    if (findRepositoryIdFault(id) === undefined) repositories.push(await scanModel(folder, id, problems));
    else problems.push({ path: folder.path, message: "is not the folder of a model" });
  }
  for (const { name } of await cache.folder("urls").entries()) {
    options.signal?.throwIfAborted();
    const repository = await scanWebFolder(cache.folder(`urls/${name}`), problems);
    if (repository !== undefined) repositories.push(repository);
  }
  const sizeOnDisk = repositories.reduce((sum, repository) => sum + repository.sizeOnDisk, 0);
  return makeReport({ cacheDir: cache.path, repositories, sizeOnDisk, problems });
}

async function scanModel(
  folder: PrivateFolder,
  id: string,
  problems: CacheProblem[],
): Promise<CachedRepository> {
  const contents = await readContents(folder.folder("blobs"));
  const refs = await readBrowserRefs(folder);
  const named = new Set<string>();
  const revisions = [];
  for (const [commit, snapshot] of await readSnapshots(folder)) {
    const own = new Set(snapshot.values());
    for (const name of own) named.add(name);
    const found = [...own].flatMap((name) => contents.get(name) ?? []);
    for (const [path, name] of snapshot) {
      if (contents.get(name)?.isWhole === true) continue;
      problems.push({ path: `${folder.path}/snapshots/${commit}/${path}`, message: "leads to no content" });
    }
    const sizeOnDisk = totalBytes(found);
    revisions.push({ commit, refs: refs.get(commit) ?? [], sizeOnDisk, fileCount: found.length });
  }
  for (const { isWhole, name } of contents.values()) {
    if (!isWhole || named.has(name)) continue;
    problems.push({ path: `${folder.path}/blobs/${name}`, message: "belongs to no snapshot" });
  }
  return { kind: "hub", id, ...(await summarize(folder, "blobs", contents, problems)), revisions };
}

async function scanWebFolder(
  folder: PrivateFolder,
  problems: CacheProblem[],
): Promise<CachedRepository | undefined> {
  const id = parseOrigin(await folder.readText("origin.json").catch(() => undefined));
  if (id === undefined) {
    problems.push({
      path: folder.path,
      message: unknownOrigin,
    });
    return undefined;
  }
  const contents = await readContents(folder.folder("contents"));
  return { kind: "web", id, ...(await summarize(folder, "contents", contents, problems)), revisions: [] };
}

/** What is the same for models of the Hub and folders of web servers. */
async function summarize(
  folder: PrivateFolder,
  room: "blobs" | "contents",
  contents: ReadonlyMap<string, StoredContent>,
  problems: CacheProblem[],
): Promise<Omit<CachedRepository, "kind" | "id" | "revisions">> {
  const held = await heldWebLocks();
  const incompleteFiles: CachedIncompleteFile[] = [];
  for (const { isWhole, name, size } of contents.values()) {
    if (isWhole) continue;
    const path = `${folder.path}/${room}/${name}`;
    incompleteFiles.push({ path, sizeOnDisk: size, processId: undefined });
    if (!held.has(contentLock(folder, room, name))) {
      problems.push({ path, message: "is what an interrupted download left" });
    }
  }
  return {
    folder: folder.path,
    sizeOnDisk: totalBytes(contents.values()),
    fileCount: contents.size,
    lastUsed: latestOf([...contents.values()].map(({ lastWritten }) => lastWritten)),
    incompleteFiles,
  };
}

/** See `deleteFromCache` in `cache-tools.ts`. */
export async function deleteFromBrowserCache(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  const { repoId } = options;
  const { revision, url } = checkDeletion(options);
  const cache = await openCacheFolder(options);
  const name = url === undefined ? HubCache.folderName(repoId) : await BrowserStore.urlFolderName(url);
  if (!(await cache.folder(name).exists())) throw repositoryNotCached(repoId, searched);
  if (revision !== undefined) return deleteRevision(cache, name, repoId, revision);
  return deleteRepository(cache, name, url === undefined ? "blobs" : "contents");
}

/** What says that files are there goes first, so that nobody sees half of it. */
async function deleteRepository(
  cache: PrivateFolder,
  name: string,
  room: "blobs" | "contents",
): Promise<DeletionReport> {
  const folder = cache.folder(name);
  const freedBytes = totalBytes((await readContents(folder.folder(room))).values());
  for (const first of ["refs", "snapshots", "notes"]) await folder.remove(first);
  await cache.remove(name);
  return { freedBytes, keptBytes: 0 };
}

async function deleteRevision(
  cache: PrivateFolder,
  name: string,
  id: string,
  revision: string,
): Promise<DeletionReport> {
  const folder = cache.folder(name);
  const commit = await new HubCache(new BrowserStore(folder)).readCommit(revision);
  const snapshots = await readSnapshots(folder);
  if (commit === undefined || !snapshots.has(commit)) throw revisionNotCached(id, revision, searched);
  if (snapshots.size === 1) return deleteRepository(cache, name, "blobs");
  const others = [...snapshots].filter(([other]) => other !== commit);
  const stillNeeded = new Set(others.flatMap(([, contents]) => [...contents.values()]));
  const stored = await readContents(folder.folder("blobs"));
  const unneeded = [...new Set(snapshots.get(commit)?.values())].filter(
    (content) => !stillNeeded.has(content),
  );
  for (const ref of (await readBrowserRefs(folder)).get(commit) ?? []) await folder.remove(`refs/${ref}`);
  for (const note of [`snapshots/${commit}`, `trees/${commit}.json`, `missing/${commit}`]) {
    await folder.remove(note);
  }
  for (const content of unneeded) await folder.remove(`blobs/${content}`);
  return { freedBytes: totalBytes(unneeded.flatMap((content) => stored.get(content) ?? [])), keptBytes: 0 };
}

const searched: SearchedCache = {
  place: "the browser's cache",
  remedy: "See what is cached with scanCache.",
};

/** See `pruneCache` in `cache-tools.ts`. */
export async function pruneBrowserCache(options: PruneCacheOptions): Promise<DeletionReport> {
  const cache = await openCacheFolder(options);
  let freedBytes = 0;
  for (const { name } of await cache.entries()) {
    options.signal?.throwIfAborted();
    if (HubCache.idOf(name) !== undefined) freedBytes += await pruneContents(cache.folder(name), "blobs");
  }
  for (const { name } of await cache.folder("urls").entries()) {
    options.signal?.throwIfAborted();
    freedBytes += await pruneContents(cache.folder(`urls/${name}`), "contents");
  }
  return { freedBytes, keptBytes: 0 };
}

/** Removes contents that are not whole and that nobody fetches. */
async function pruneContents(folder: PrivateFolder, room: "blobs" | "contents"): Promise<number> {
  const contents = await readContents(folder.folder(room));
  // Read after the contents: a page takes the lock before it creates the content.
  const held = await heldWebLocks();
  let freedBytes = 0;
  for (const { isWhole, name, size } of contents.values()) {
    if (isWhole || held.has(contentLock(folder, room, name))) continue;
    await folder.remove(`${room}/${name}`);
    freedBytes += size;
  }
  return freedBytes;
}

/** Which contents each cached commit of a repository has, by the path of the file. */
export type Snapshots = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads the snapshots of a repository's folder. */
export async function readSnapshots(folder: PrivateFolder): Promise<Snapshots> {
  const snapshots = new Map<string, ReadonlyMap<string, string>>();
  for (const { kind, name: commit } of await folder.folder("snapshots").entries()) {
    if (kind !== "directory" || !isCommit(commit)) continue;
    const snapshot = folder.folder(`snapshots/${commit}`);
    const contents = new Map<string, string>();
    for (const path of await snapshot.files()) {
      const objectId = parseObjectId(await snapshot.readText(path));
      if (objectId !== undefined) contents.set(path, objectId);
    }
    snapshots.set(commit, contents);
  }
  return snapshots;
}

/** The names of branches and tags by the commit that they stood for. */
export async function readBrowserRefs(
  folder: PrivateFolder,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const refs = new Map<string, string[]>();
  for (const name of await folder.folder("refs").files()) {
    const commit = (await folder.readText(`refs/${name}`)) ?? "";
    refs.set(commit, [...(refs.get(commit) ?? []), name]);
  }
  return refs;
}

/** A content in the browser's storage, whole or not. */
export interface StoredContent {
  /** Its name among contents. */
  readonly name: string;
  readonly isWhole: boolean;
  /** Length of what is there, in bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly lastWritten: number;
}

/** The contents in a folder of contents, by name. */
export async function readContents(folder: PrivateFolder): Promise<ReadonlyMap<string, StoredContent>> {
  const contents = new Map<string, StoredContent>();
  for (const { name } of await folder.entries()) contents.set(name, await readContent(folder, name));
  return contents;
}

async function readContent(folder: PrivateFolder, name: string): Promise<StoredContent> {
  const content = new ContentFolder(folder.folder(name));
  const pieces = await content.pieces();
  const wholeSize = await content.wholeSize();
  return {
    name,
    isWhole: wholeSize !== undefined,
    size: pieces.reduce((sum, piece) => sum + piece.size, 0),
    lastWritten: pieces.reduce((latest, piece) => Math.max(latest, piece.lastModified), 0),
  };
}

/** The sum of the lengths of contents. */
export function totalBytes(contents: Iterable<StoredContent>): number {
  return [...contents].reduce((sum, { size }) => sum + size, 0);
}
