import { platform } from "#platform";
import type {
  CacheReport,
  DeleteFromCacheOptions,
  DeletionReport,
  ScanCacheOptions,
} from "./cache-report.ts";

/**
 * Tells what a cache holds: the models in the folder that is shared with Python, and the folders of web servers.
 * Broken entries are reported, not thrown. A cache folder that does not exist is an empty cache.
 *
 * @throws FileReadError where the cache folder itself cannot be read.
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
