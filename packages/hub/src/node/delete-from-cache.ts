import { lstat, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import {
  checkDeletion,
  type DeleteFromCacheOptions,
  type DeletionReport,
  repositoryNotCached,
  revisionNotCached,
  type SearchedCache,
} from "../cache/cache-report.ts";
import { HubCache } from "../cache/hub-cache.ts";
import {
  type CachedContent,
  locksFolder,
  nameOfDeletion,
  readFolder,
  removeLocks,
  totalSize,
} from "./cache-entries.ts";
import { DiskStore } from "./disk-store.ts";
import { readRefs, scanHubFolder, scanSnapshot, scanUrlFolder } from "./scan-cache.ts";
import { resolveHubCache, resolveUrlCache } from "./settings.ts";
import { isNotThere, toFileReadError, writeInCache } from "./system-error.ts";

/** See `deleteFromCache` in `cache-tools.ts`. */
export async function deleteFromCacheOnDisk(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  const { cacheDir, environment = {}, repoId, revision } = options;
  const { url } = checkDeletion(options);
  if (url !== undefined) {
    const { folder } = DiskStore.ofUrl(resolveUrlCache(cacheDir, environment), url);
    await checkIsFolder(folder, repoId);
    return deleteFolder(folder, (await scanUrlFolder(folder, []))?.contents ?? []);
  }
  const store = DiskStore.ofModel(resolveHubCache(cacheDir, environment), repoId);
  return revision === undefined ? deleteRepository(store, repoId) : deleteRevision(store, repoId, revision);
}

async function deleteRepository(store: DiskStore, id: string): Promise<DeletionReport> {
  await checkIsFolder(store.folder, id);
  const report = await deleteFolder(store.folder, (await scanHubFolder(store.folder, id, [])).contents);
  await writeInCache(store.folder, () => removeLocks(locksFolder(store.folder)));
  return report;
}

/** Deletes a folder of the cache as a whole: moved aside first, so that nobody sees half of it. */
async function deleteFolder(folder: string, contents: readonly CachedContent[]): Promise<DeletionReport> {
  const aside = join(dirname(folder), nameOfDeletion());
  await writeInCache(folder, async () => {
    await rename(folder, aside);
    await rm(aside, { recursive: true, force: true });
  });
  return sumUp(folder, contents);
}

async function deleteRevision(store: DiskStore, id: string, revision: string): Promise<DeletionReport> {
  await checkIsFolder(store.folder, id);
  const commit = await new HubCache(store).readCommit(revision);
  if (commit === undefined) {
    throw revisionNotCached(id, revision, searched(store.cacheFolder));
  }
  const snapshots = (await readFolder(join(store.folder, "snapshots"))).filter(
    ({ kind }) => kind === "folder",
  );
  const others = snapshots.filter(({ path }) => path !== commit);
  if (others.length === 0) return deleteRepository(store, id);
  const stillNeeded = new Set<string>();
  for (const other of others) {
    for (const { place } of await scanSnapshot(other.location, [])) stillNeeded.add(place);
  }
  const snapshot = join(store.folder, "snapshots", commit);
  const blobs = join(store.folder, "blobs");
  const contents = (await scanSnapshot(snapshot, [])).filter(({ place }) => !stillNeeded.has(place));
  const refs = (await readRefs(store.folder, [])).get(commit) ?? [];
  await writeInCache(snapshot, async () => {
    for (const ref of refs) await rm(join(store.folder, "refs", ...ref.split("/")), { force: true });
    await rm(snapshot, { recursive: true, force: true });
    for (const { place } of contents) if (dirname(place) === blobs) await rm(place, { force: true });
    await rm(join(store.folder, "trees", `${commit}.json`), { force: true });
    await rm(join(store.folder, ".no_exist", commit), { recursive: true, force: true });
  });
  return sumUp(store.folder, contents);
}

/** A link in the place of a folder would lead out of the cache. */
async function checkIsFolder(folder: string, id: string): Promise<void> {
  try {
    if ((await lstat(folder)).isDirectory()) return;
  } catch (error) {
    if (!isNotThere(error)) throw toFileReadError(folder, error);
    throw repositoryNotCached(id, searched(dirname(folder)));
  }
  throw new InvalidArgumentError({
    subject: "option repoId",
    found: `${id}, whose place in the cache is a link or a file`,
    expected: "a folder in the cache",
    remedy: "Correct it.",
  });
}

function searched(cacheFolder: string): SearchedCache {
  return {
    place: `the cache folder ${cacheFolder}`,
    remedy: "See what is cached with scanCache, or onestep cache list.",
  };
}

/** Contents outside the folder were not deleted and do not count. */
function sumUp(folder: string, contents: readonly CachedContent[]): DeletionReport {
  const deleted = contents.filter(({ place }) => place.startsWith(folder + sep));
  return {
    freedBytes: totalSize(deleted.filter(({ place, store }) => place === store)),
    keptBytes: totalSize(deleted.filter(({ place, store }) => place !== store)),
  };
}
