import type {
  CachedIncompleteFile,
  CachedRepository,
  CacheProblem,
  CacheReport,
  ScanCacheOptions,
} from "../../cache/cache-report.ts";
import { findRepositoryIdFault } from "../../source/repository-id.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { contentLock } from "./content-lock.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { readBrowserRefs, readSnapshots } from "./read-snapshots.ts";
import { readContents, type StoredContent, totalBytes } from "./stored-contents.ts";
import { heldWebLocks } from "./web-lock.ts";

const modelPrefix = "models--";

/** See `scanCache` in `cache/cache-tools.ts`. */
export async function scanBrowserCache(options: ScanCacheOptions): Promise<CacheReport> {
  const cache = await openCacheFolder(options);
  const problems: CacheProblem[] = [];
  const repositories: CachedRepository[] = [];
  for (const { name } of await cache.entries()) {
    options.signal?.throwIfAborted();
    if (!name.startsWith(modelPrefix)) continue;
    const id = name.slice(modelPrefix.length).replace("--", "/");
    const folder = cache.folder(name);
    if (findRepositoryIdFault(id) === undefined) repositories.push(await scanModel(folder, id, problems));
    else problems.push({ path: folder.path, message: "is not the folder of a model" });
  }
  for (const { name } of await cache.folder("urls").entries()) {
    options.signal?.throwIfAborted();
    const repository = await scanWebFolder(cache.folder(`urls/${name}`), problems);
    if (repository !== undefined) repositories.push(repository);
  }
  return {
    cacheDir: cache.path,
    repositories: repositories.sort((first, second) => (first.id < second.id ? -1 : 1)),
    sizeOnDisk: repositories.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0),
    problems,
  };
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
  const id = await readOrigin(folder);
  if (id === undefined) {
    problems.push({
      path: folder.path,
      message: "does not say which address its files came from (origin.json)",
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
  const written = [...contents.values()].map(({ lastWritten }) => lastWritten);
  return {
    folder: folder.path,
    sizeOnDisk: totalBytes(contents.values()),
    fileCount: contents.size,
    lastUsed: written.length === 0 ? undefined : new Date(Math.max(...written)),
    incompleteFiles,
  };
}

async function readOrigin(folder: PrivateFolder): Promise<string | undefined> {
  try {
    const origin: unknown = JSON.parse((await folder.readText("origin.json")) ?? "");
    const url = typeof origin === "object" && origin !== null && "url" in origin ? origin.url : undefined;
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}
