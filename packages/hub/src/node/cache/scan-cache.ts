import { errorMessage } from "@onestep/core";
import type { CacheProblem, CacheReport, ScanCacheOptions } from "../../cache/cache-report.ts";
import { findRepositoryIdFault } from "../../source/repository-id.ts";
import { resolveHubCache, resolveUrlCache } from "../cache-folders.ts";
import { totalSize } from "./cached-content.ts";
import { isInterruptedDeletion } from "./leftovers.ts";
import { readFolder } from "./read-folder.ts";
import { type ScannedRepository, scanHubFolder } from "./scan-hub-folder.ts";
import { scanUrlFolder } from "./scan-url-folder.ts";

const modelPrefix = "models--";

/** See `scanCache` in `cache/cache-tools.ts`. */
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
    if (!entry.path.startsWith(modelPrefix)) continue;
    const id = entry.path.slice(modelPrefix.length).replace("--", "/");
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
  return {
    cacheDir: hubFolder,
    repositories: scanned
      .map(({ repository }) => repository)
      .sort((first, second) => (first.id < second.id ? -1 : 1)),
    sizeOnDisk: totalSize(scanned.flatMap(({ contents }) => contents)),
    problems,
  };
}

/** One entry that cannot be read does not hide the others. */
async function attempt(path: string, problems: CacheProblem[], scan: () => Promise<void>): Promise<void> {
  try {
    await scan();
  } catch (error) {
    problems.push({ path, message: errorMessage(error) });
  }
}
