import { rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DeletionReport, PruneCacheOptions } from "../cache/cache-report.ts";
import { HubCache } from "../cache/hub-cache.ts";
import {
  findLocks,
  isIncomplete,
  isInterruptedDeletion,
  isInterruptedTakeover,
  isInterruptedWrite,
  isOwnPart,
  readFolder,
  readFolderDeep,
} from "./cache-entries.ts";
import { resolveHubCache, resolveUrlCache } from "./settings.ts";
import { writeInCache } from "./system-error.ts";

/** What was changed more recently than this may be somebody's work. */
const restingMilliseconds = 10 * 60 * 1000;

/** See `pruneCache` in `cache-tools.ts`. */
export async function pruneCacheOnDisk(options: PruneCacheOptions): Promise<DeletionReport> {
  const { cacheDir, environment = {}, signal } = options;
  const hubFolder = resolveHubCache(cacheDir, environment);
  const urlFolder = resolveUrlCache(cacheDir, environment);
  let freedBytes = 0;
  for (const cacheFolder of [hubFolder, urlFolder]) {
    for (const { kind, location, path } of await readFolder(cacheFolder)) {
      signal?.throwIfAborted();
      if (kind !== "folder") continue;
      if (isInterruptedDeletion(path)) freedBytes += await removeFolder(location);
      else if (cacheFolder === urlFolder) freedBytes += await pruneUrlFolder(location);
      else if (HubCache.idOf(path) !== undefined) {
        freedBytes += await pruneHubFolder(location, join(hubFolder, ".locks", path));
      }
    }
  }
  for (const { kind, location, path } of await readFolder(join(hubFolder, ".locks"))) {
    signal?.throwIfAborted();
    const isModelThere = (await stat(join(hubFolder, path)).catch(() => undefined)) !== undefined;
    if (kind === "folder") await pruneLocks(location, isModelThere);
  }
  await rmdir(join(hubFolder, ".locks")).catch(() => {});
  return { freedBytes, keptBytes: 0 };
}

async function pruneHubFolder(folder: string, locksFolder: string): Promise<number> {
  const blobs = await readFolder(join(folder, "blobs"));
  // Read after the parts: a process takes the lock before it creates the part.
  const locks = (await findLocks(locksFolder)).filter(({ isOurs }) => isOurs);
  let freedBytes = 0;
  for (const { location, path } of blobs) {
    if (!isIncomplete(path)) continue;
    const lock = locks.find(({ objectId }) => path.startsWith(objectId));
    if (lock?.isHeld === true) continue;
    const isLeft = isOwnPart(path) && (lock === undefined || lock.isHeld === false);
    freedBytes += await removeFile(location, isLeft ? 0 : restingMilliseconds);
  }
  for (const { location, path } of await readFolderDeep(folder)) {
    if (isInterruptedWrite(path)) freedBytes += await removeFile(location, restingMilliseconds);
  }
  return freedBytes;
}

async function pruneUrlFolder(folder: string): Promise<number> {
  let freedBytes = 0;
  for (const { location, path } of await readFolderDeep(folder)) {
    if (!isIncomplete(path) && !isInterruptedWrite(path)) continue;
    freedBytes += await removeFile(location, restingMilliseconds);
  }
  await pruneLocks(join(folder, "locks"), true);
  return freedBytes;
}

/** Python leaves the files of its locks where they are; they go when the model that they belong to is gone. */
async function pruneLocks(folder: string, isModelThere: boolean): Promise<void> {
  for (const { isHeld, isOurs, location } of await findLocks(folder)) {
    const isLeft = isHeld === false || isInterruptedTakeover(location);
    if (isLeft || (!isOurs && !isModelThere)) await removeFile(location, isLeft ? 0 : restingMilliseconds);
  }
  await rmdir(folder).catch(() => {});
}

/** Removes a file that has not changed for a while. Returns its length, or 0 where it stays. */
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
