import { platform } from "#platform";
import type {
  CacheReport,
  DeleteFromCacheOptions,
  DeletionReport,
  PruneCacheOptions,
  ScanCacheOptions,
} from "./cache/cache-report.ts";

/**
 * Tells what a cache holds: the models in the folder that is shared with Python, or in the storage of a site in a
 * browser, and the folders of web servers.
 * Broken entries are reported, not thrown. A cache folder that does not exist is an empty cache.
 *
 * @throws FileReadError where the cache folder itself cannot be read.
 * @throws UnsupportedError in a browser that gives the page no storage; so do the other two.
 */
export async function scanCache(options: ScanCacheOptions = {}): Promise<CacheReport> {
  return platform.scanCache({ environment: platform.readEnvironment(), ...options });
}

/**
 * Deletes a repository, or one revision of it with the contents that no other revision has, from a cache.
 *
 * @throws InvalidArgumentError where `repoId` or `revision` are not valid, or lead out of the cache.
 * @throws RepositoryNotFoundError, RevisionNotFoundError where the cache has no such thing.
 * @throws CacheWriteError where the operating system refuses.
 */
export async function deleteFromCache(options: DeleteFromCacheOptions): Promise<DeletionReport> {
  return platform.deleteFromCache({ environment: platform.readEnvironment(), ...options });
}

/**
 * Removes what is left of work that was interrupted: incomplete files, locks of processes that have ended, folders
 * whose deletion did not come to its end. What a process is known to work on stays; so does what has changed in the
 * last ten minutes, where that cannot be told.
 *
 * @throws CacheWriteError where the operating system refuses.
 */
export async function pruneCache(options: PruneCacheOptions = {}): Promise<DeletionReport> {
  return platform.pruneCache({ environment: platform.readEnvironment(), ...options });
}
