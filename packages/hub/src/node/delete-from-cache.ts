import { lstat, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { checkDeletion, type DeleteFromCacheOptions, type DeletionReport } from "../cache-tools.ts";
import { RepositoryNotFoundError, RevisionNotFoundError } from "../errors.ts";
import {
  type CachedContent,
  locksFolder,
  nameOfDeletion,
  readFolder,
  removeLocks,
  totalSize,
} from "./cache-entries.ts";
import { HubCache } from "./hub-cache.ts";
import { readRefs, scanHubFolder, scanSnapshot, scanUrlFolder } from "./scan-cache.ts";
import { resolveHubCache, resolveUrlCache } from "./settings.ts";
import { isNotThere, toFileReadError, writeInCache } from "./system-error.ts";
import { UrlCache } from "./url-cache.ts";

/** See `deleteFromCache` in `cache/cache-tools.ts`. */
export async function deleteFromCacheOnDisk(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  const { cacheDir, environment = {}, repoId, revision } = options;
  const { url } = checkDeletion(options);
  if (url !== undefined) {
    const { folder } = new UrlCache(resolveUrlCache(cacheDir, environment), url);
    await checkIsFolder(folder, repoId);
    return deleteFolder(folder, (await scanUrlFolder(folder, []))?.contents ?? []);
  }
  const cache = new HubCache(resolveHubCache(cacheDir, environment), repoId);
  return revision === undefined ? deleteRepository(cache, repoId) : deleteRevision(cache, repoId, revision);
}

async function deleteRepository(cache: HubCache, id: string): Promise<DeletionReport> {
  await checkIsFolder(cache.folder, id);
  const report = await deleteFolder(cache.folder, (await scanHubFolder(cache.folder, id, [])).contents);
  await writeInCache(cache.folder, () => removeLocks(locksFolder(cache.folder)));
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

async function deleteRevision(cache: HubCache, id: string, revision: string): Promise<DeletionReport> {
  await checkIsFolder(cache.folder, id);
  const commit = await cache.readCommit(revision);
  if (commit === undefined) {
    throw new RevisionNotFoundError({
      subject: `revision ${revision} of ${id}`,
      found: `nothing in the cache folder ${cache.cacheFolder}`,
      expected: "a cached revision",
      remedy: "See what is cached with scanCache, or onestep cache list.",
    });
  }
  const snapshots = (await readFolder(join(cache.folder, "snapshots"))).filter(
    ({ kind }) => kind === "folder",
  );
  const others = snapshots.filter(({ path }) => path !== commit);
  if (others.length === 0) return deleteRepository(cache, id);
  const stillNeeded = new Set<string>();
  for (const other of others) {
    for (const { place } of await scanSnapshot(other.location, [])) stillNeeded.add(place);
  }
  const snapshot = join(cache.folder, "snapshots", commit);
  const blobs = join(cache.folder, "blobs");
  const contents = (await scanSnapshot(snapshot, [])).filter(({ place }) => !stillNeeded.has(place));
  const refs = (await readRefs(cache.folder, [])).get(commit) ?? [];
  await writeInCache(snapshot, async () => {
    for (const ref of refs) await rm(join(cache.folder, "refs", ...ref.split("/")), { force: true });
    await rm(snapshot, { recursive: true, force: true });
    for (const { place } of contents) if (dirname(place) === blobs) await rm(place, { force: true });
    await rm(join(cache.folder, "trees", `${commit}.json`), { force: true });
    await rm(join(cache.folder, ".no_exist", commit), { recursive: true, force: true });
  });
  return sumUp(cache.folder, contents);
}

/** A link in the place of a folder would lead out of the cache. */
async function checkIsFolder(folder: string, id: string): Promise<void> {
  try {
    if ((await lstat(folder)).isDirectory()) return;
  } catch (error) {
    if (!isNotThere(error)) throw toFileReadError(folder, error);
    throw new RepositoryNotFoundError({
      subject: id,
      found: `nothing in the cache folder ${dirname(folder)}`,
      expected: "a cached repository",
      remedy: "See what is cached with scanCache, or onestep cache list.",
    });
  }
  throw new InvalidArgumentError({
    subject: "option repoId",
    found: `${id}, whose place in the cache is a link or a file`,
    expected: "a folder in the cache",
    remedy: "Correct it.",
  });
}

/** What lies outside the folder was not deleted and does not count. */
function sumUp(folder: string, contents: readonly CachedContent[]): DeletionReport {
  const deleted = contents.filter(({ place }) => place.startsWith(folder + sep));
  return {
    freedBytes: totalSize(deleted.filter(({ place, store }) => place === store)),
    keptBytes: totalSize(deleted.filter(({ place, store }) => place !== store)),
  };
}
