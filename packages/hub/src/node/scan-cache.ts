import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "@onestep/core";
import type {
  CachedIncompleteFile,
  CachedRepository,
  CachedRevision,
  CacheProblem,
  CacheReport,
  ScanCacheOptions,
} from "../cache/cache-report.ts";
import { latestOf, makeReport, parseOrigin, unknownOrigin } from "../cache/cache-report.ts";
import { HubCache } from "../cache/hub-cache.ts";
import { isCommit } from "../hub-api/listing.ts";
import { findRepositoryIdFault } from "../validators.ts";
import {
  type CachedContent,
  type CachedLock,
  findBlob,
  findContent,
  findLocks,
  isIncomplete,
  isInterruptedDeletion,
  isInterruptedWrite,
  locksFolder,
  readFolder,
  readFolderDeep,
  totalSize,
} from "./cache-entries.ts";
import { resolveHubCache, resolveUrlCache } from "./settings.ts";

/** See `scanCache` in `cache-tools.ts`. */
export async function scanCacheOnDisk({
  cacheDir,
  environment = {},
  signal,
}: ScanCacheOptions): Promise<CacheReport> {
  const hubFolder = resolveHubCache(cacheDir, environment);
  const problems: CacheProblem[] = [];
  const scanned: ScannedRepository[] = [];
  for (const entry of await readFolder(hubFolder)) {
    signal?.throwIfAborted();
    if (isInterruptedDeletion(entry.path)) {
      problems.push({ path: entry.location, message: "is what an interrupted deletion left" });
    }
    const id = HubCache.idOf(entry.path);
    if (id === undefined) continue;
    if (entry.kind !== "folder" || findRepositoryIdFault(id) !== undefined) {
      problems.push({ path: entry.location, message: "is not the folder of a model" });
      continue;
    }
    await attempt(entry.location, problems, async () => {
      scanned.push(await scanHubFolder(entry.location, id, problems));
    });
  }
  for (const entry of await readFolder(resolveUrlCache(cacheDir, environment))) {
    signal?.throwIfAborted();
    await attempt(entry.location, problems, async () => {
      const repository = await scanUrlFolder(entry.location, problems);
      if (repository !== undefined) scanned.push(repository);
    });
  }
  return makeReport({
    cacheDir: hubFolder,
    repositories: scanned.map(({ repository }) => repository),
    sizeOnDisk: totalSize(scanned.flatMap(({ contents }) => contents)),
    problems,
  });
}

/** One entry that cannot be read does not hide the others. */
async function attempt(path: string, problems: CacheProblem[], scan: () => Promise<void>): Promise<void> {
  try {
    await scan();
  } catch (error) {
    problems.push({ path, message: errorMessage(error) });
  }
}

/** A repository in a cache, with its contents. */
interface ScannedRepository {
  readonly repository: CachedRepository;
  readonly contents: readonly CachedContent[];
}

/** Reads one `models--owner--name` folder of a cache. What is broken in it is added to `problems`. */
export async function scanHubFolder(
  folder: string,
  id: string,
  problems: CacheProblem[],
): Promise<ScannedRepository> {
  const refs = await readRefs(folder, problems);
  const contents = new Map<string, CachedContent>();
  const revisions: CachedRevision[] = [];
  for (const entry of await readFolder(join(folder, "snapshots"))) {
    if (entry.kind !== "folder") {
      problems.push({ path: entry.location, message: "is not a folder, as every snapshot is" });
      continue;
    }
    const files = await scanSnapshot(entry.location, problems);
    for (const file of files) contents.set(file.place, file);
    revisions.push({
      commit: entry.path,
      refs: refs.get(entry.path) ?? [],
      sizeOnDisk: totalSize(files),
      fileCount: files.length,
    });
    refs.delete(entry.path);
  }
  for (const [commit, names] of refs) {
    for (const name of names) {
      problems.push({
        path: join(folder, "refs", name),
        message: `names the commit ${commit}, which is not cached`,
      });
    }
  }
  const locks = await findLocks(locksFolder(folder));
  for (const { isHeld, location } of locks) {
    if (isHeld === false)
      problems.push({ path: location, message: "is the lock of a process that has ended" });
  }
  const incompleteFiles = await scanBlobs(folder, contents, locks, problems);
  const all = [...contents.values()];
  return {
    contents: all,
    repository: {
      kind: "hub",
      id,
      folder,
      sizeOnDisk: totalSize(all),
      fileCount: all.length,
      lastUsed: latestOf(all.map(({ lastUsed }) => lastUsed)),
      revisions,
      incompleteFiles,
    },
  };
}

/** The names of branches and tags by the commit that they stand for. */
export async function readRefs(folder: string, problems: CacheProblem[]): Promise<Map<string, string[]>> {
  const refs = new Map<string, string[]>();
  for (const entry of await readFolderDeep(join(folder, "refs"))) {
    if (isInterruptedWrite(entry.path)) {
      problems.push({ path: entry.location, message: "is what an interrupted write left" });
      continue;
    }
    const commit = (await readFile(entry.location, "utf8").catch(() => "")).trim();
    if (isCommit(commit)) refs.set(commit, [...(refs.get(commit) ?? []), entry.path]);
    else problems.push({ path: entry.location, message: "does not hold a commit" });
  }
  return refs;
}

/** The contents of a snapshot's files. */
export async function scanSnapshot(
  folder: string,
  problems: CacheProblem[],
): Promise<readonly CachedContent[]> {
  const contents: CachedContent[] = [];
  for (const entry of await readFolderDeep(folder)) {
    const content = await findContent(entry);
    if (content === undefined) problems.push({ path: entry.location, message: "leads to no file" });
    else contents.push(content);
  }
  return contents;
}

/** Adds the contents that no snapshot names, which take room all the same. */
async function scanBlobs(
  folder: string,
  contents: Map<string, CachedContent>,
  locks: readonly CachedLock[],
  problems: CacheProblem[],
): Promise<readonly CachedIncompleteFile[]> {
  const incomplete: CachedIncompleteFile[] = [];
  for (const entry of await readFolder(join(folder, "blobs"))) {
    if (contents.has(entry.location)) continue;
    const content = await findBlob(entry.location);
    if (content === undefined) {
      problems.push({ path: entry.location, message: "leads to no file" });
      continue;
    }
    contents.set(entry.location, content);
    if (!isIncomplete(entry.path)) {
      problems.push({ path: entry.location, message: "belongs to no snapshot" });
      continue;
    }
    const lock = locks.find(({ isHeld, objectId }) => isHeld === true && entry.path.startsWith(objectId));
    incomplete.push({ path: entry.location, sizeOnDisk: content.size, processId: lock?.pid });
    if (lock === undefined) {
      problems.push({ path: entry.location, message: "is what an interrupted download left" });
    }
  }
  return incomplete;
}

/** Reads one folder of `onestep/urls`; `undefined` where it does not say which address it belongs to. */
export async function scanUrlFolder(
  folder: string,
  problems: CacheProblem[],
): Promise<ScannedRepository | undefined> {
  const id = parseOrigin(await readFile(join(folder, "origin.json"), "utf8").catch(() => undefined));
  if (id === undefined) {
    problems.push({ path: folder, message: unknownOrigin });
    return undefined;
  }
  const contents: CachedContent[] = [];
  const incompleteFiles: CachedIncompleteFile[] = [];
  for (const entry of await readFolderDeep(join(folder, "files"))) {
    const content = entry.kind === "file" ? await findContent(entry) : undefined;
    if (content === undefined) problems.push({ path: entry.location, message: "is not a file" });
    else contents.push(content);
    if (content !== undefined && isIncomplete(entry.path)) {
      incompleteFiles.push({ path: entry.location, sizeOnDisk: content.size, processId: undefined });
      problems.push({ path: entry.location, message: "is what an interrupted download left" });
    }
  }
  return {
    contents,
    repository: {
      kind: "web",
      id,
      folder,
      sizeOnDisk: totalSize(contents),
      fileCount: contents.length,
      lastUsed: latestOf(contents.map(({ lastUsed }) => lastUsed)),
      revisions: [],
      incompleteFiles,
    },
  };
}
