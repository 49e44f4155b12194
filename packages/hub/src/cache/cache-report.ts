import { InvalidArgumentError } from "@onestep/core";
import { RepositoryNotFoundError, RevisionNotFoundError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import type { Environment } from "../settings.ts";
import { findPathFault, findRepositoryIdFault } from "../validators.ts";

/** Where a cache is. */
export interface CacheLocation {
  /**
   * The cache folder; `HF_HUB_CACHE`, `HF_HOME/hub` or `~/.cache/huggingface/hub` by default. In a browser, the name of a
   * folder in the storage of the site; `onestep` by default.
   */
  readonly cacheDir?: string | undefined;
  /** The environment variables to read; `process.env` by default. */
  readonly environment?: Environment | undefined;
}

/** Options of `scanCache`. */
export interface ScanCacheOptions extends CacheLocation {
  readonly signal?: AbortSignal | undefined;
}

/** What a cache holds. */
export interface CacheReport {
  /** The folder that is shared with Python; in a browser, the folder in the storage of the site. */
  readonly cacheDir: string;
  /** Sorted by id. */
  readonly repositories: readonly CachedRepository[];
  /** Length of all contents in bytes, those that several repositories share counted once. */
  readonly sizeOnDisk: number;
  /** What is broken, and was left out of the rest. */
  readonly problems: readonly CacheProblem[];
}

/** A model of the Hub, or a folder of a web server, in a cache. */
export interface CachedRepository {
  readonly kind: "hub" | "web";
  /** `owner/name`, or the folder's URL. */
  readonly id: string;
  readonly folder: string;
  /** Length of its contents in bytes. */
  readonly sizeOnDisk: number;
  /** How many contents it has; files of several revisions with the same content count once. */
  readonly fileCount: number;
  /** When one of its files was last read, as far as the file system keeps track; in a browser, last written. */
  readonly lastUsed: Date | undefined;
  /** Sorted by commit; none for a folder of a web server. */
  readonly revisions: readonly CachedRevision[];
  /** What has arrived of files that are being fetched, or whose fetching was interrupted. */
  readonly incompleteFiles: readonly CachedIncompleteFile[];
}

/** A part of a file in a cache: the next time the file is asked for, fetching it goes on from there. */
export interface CachedIncompleteFile {
  readonly path: string;
  readonly sizeOnDisk: number;
  /** The number of the process that fetches the file right now, where one is known to. */
  readonly processId: number | undefined;
}

/** A commit in a cache. */
export interface CachedRevision {
  readonly commit: string;
  /** The branches and tags that stood for it when they were last asked for, sorted. */
  readonly refs: readonly string[];
  readonly sizeOnDisk: number;
  readonly fileCount: number;
}

/** Something in a cache that is not as it should be. */
export interface CacheProblem {
  readonly path: string;
  /** What is wrong, in words. */
  readonly message: string;
}

/** Options of `deleteFromCache`. */
export interface DeleteFromCacheOptions extends CacheLocation {
  /** `owner/name`, or the URL of a folder on a web server. */
  readonly repoId: string;
  /** A branch, tag or commit to delete; everything by default. */
  readonly revision?: string | undefined;
}

/** Options of `pruneCache`. */
export interface PruneCacheOptions extends CacheLocation {
  readonly signal?: AbortSignal | undefined;
}

/** What `deleteFromCache` or `pruneCache` did. */
export interface DeletionReport {
  /** How many bytes are free now that were not before. */
  readonly freedBytes: number;
  /**
   * How many bytes stay, because they are in the store where Python shares contents among repositories. `hf cache
   * prune` frees them when no repository needs them.
   */
  readonly keptBytes: number;
}

/** What is to be deleted from a cache. */
interface CheckedDeletion {
  /** The address of a folder on a web server; `undefined` where it is a repository of the Hub. */
  readonly url: string | undefined;
  readonly revision: string | undefined;
}

/** Checks what is to be deleted. @throws InvalidArgumentError where it is not the name of something in a cache. */
export function checkDeletion({ repoId, revision }: DeleteFromCacheOptions): CheckedDeletion {
  if (/^https?:\/\//i.test(repoId) && URL.canParse(repoId)) {
    if (revision !== undefined) {
      throw invalid("option revision", revision, "none, since a web server has no revisions");
    }
    return { url: describeUrl(new URL(repoId)).replace(/\/+$/, ""), revision };
  }
  const fault = findRepositoryIdFault(repoId);
  if (fault !== undefined) throw invalid("option repoId", `${repoId}, which ${fault}`, "a Hub id or a URL");
  const revisionFault = revision === undefined ? undefined : findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", `${revision}, which ${revisionFault}`, "a branch, a tag or a commit");
  }
  return { url: undefined, revision };
}

/** The address that a folder of a web server's files belongs to, out of its `origin.json`; `undefined` where it is not in form. */
export function parseOrigin(text: string | undefined): string | undefined {
  try {
    const origin: unknown = JSON.parse(text ?? "");
    const url = typeof origin === "object" && origin !== null && "url" in origin ? origin.url : undefined;
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** The problem of a folder without one. */
export const unknownOrigin = "does not say which address its files came from (origin.json)";

/** Puts the parts of a report together: repositories by id. */
export function makeReport({ repositories, ...report }: CacheReport): CacheReport {
  const sorted = repositories.toSorted((first, second) => (first.id < second.id ? -1 : 1));
  return { ...report, repositories: sorted };
}

/** The latest of some times in milliseconds since 1970. */
export function latestOf(times: readonly number[]): Date | undefined {
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/** Which cache was searched, and how its user sees what it holds. */
export interface SearchedCache {
  /** `the cache folder /home/me/.cache/huggingface/hub`. */
  readonly place: string;
  readonly remedy: string;
}

/** The error for a repository that is not cached. */
export function repositoryNotCached(id: string, { place, remedy }: SearchedCache): RepositoryNotFoundError {
  return new RepositoryNotFoundError({
    subject: id,
    found: `nothing in ${place}`,
    expected: "a cached repository",
    remedy,
  });
}

/** The error for a revision that is not cached. */
export function revisionNotCached(
  id: string,
  revision: string,
  { place, remedy }: SearchedCache,
): RevisionNotFoundError {
  return new RevisionNotFoundError({
    subject: `revision ${revision} of ${id}`,
    found: `nothing in ${place}`,
    expected: "a cached revision",
    remedy,
  });
}

function invalid(subject: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found, expected, remedy: "Correct it." });
}
