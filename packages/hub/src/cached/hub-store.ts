import type { IntegrityError } from "../errors/integrity-error.ts";
import type { RepositoryListing } from "../hub-api/repository-listing.ts";
import type { RepositoryFile } from "../repository.ts";
import type { LeftParts, Part, StoreLock, StoreLockOptions } from "./part.ts";

/** A content that is to be put into a cache. */
export interface PartRequest {
  /** Its SHA-256 or git object. */
  readonly objectId: string;
  /** Its length in bytes, where it is known. */
  readonly size: number | undefined;
  /** Only who holds the lock, with nobody else at work, may adopt or remove. */
  readonly leftParts: LeftParts;
  readonly signal: AbortSignal;
}

/** One repository's part of a cache of the Hub, wherever that is: on disk, in a browser. */
export interface HubStore {
  /** Where the cache is, for messages: `the cache folder /home/me/.cache/huggingface/hub`. */
  readonly place: string;
  /** A name for a file of a commit that no other file of any cache has. */
  key(commit: string, path: string): string;

  /** The commit that a branch or tag stood for when it was last asked for; a full commit hash stands for itself. */
  readCommit(revision: string): Promise<string | undefined>;
  /** Remembers what a branch or tag stands for. @throws CacheWriteError */
  writeCommit(revision: string, commit: string): Promise<void>;
  /** Whether any file of a commit was ever cached. */
  hasSnapshot(commit: string): Promise<boolean>;
  /** The listing of a commit, if it is cached and in form. */
  readListing(commit: string): Promise<RepositoryListing | undefined>;
  /** Keeps the listing of a commit. Never fails: it can be asked for again. */
  writeListing(commit: string, listing: RepositoryListing): Promise<void>;

  /** A file of a commit, if it is cached. */
  findFile(commit: string, path: string): Promise<RepositoryFile | undefined>;
  /** What is wrong with a cached file of a commit, if it shows; `size` is its length, where that is known. */
  findDamage(
    commit: string,
    file: RepositoryFile,
    size: number | undefined,
  ): Promise<IntegrityError | undefined>;
  /** Whether a commit is known not to have a file. */
  isMarkedMissing(commit: string, path: string): Promise<boolean>;
  /** Notes that a commit does not have a file, so that the answer is known offline. Never fails. */
  markMissing(commit: string, path: string): Promise<void>;

  /** Whether a content is cached, undamaged as far as that shows. */
  hasBlob(objectId: string, size: number | undefined): Promise<boolean>;
  /** Makes sure that a file of a commit can be put in its place, before it is fetched. @throws CacheWriteError */
  checkPlace(commit: string, path: string): Promise<void>;
  /** Puts a cached content in its place in a commit's snapshot. @throws CacheWriteError */
  linkFile(commit: string, path: string, objectId: string, isNew: boolean): Promise<RepositoryFile>;

  /** Waits until nobody else fetches a content; `undefined` where there are no locks. */
  lock(objectId: string, options: StoreLockOptions): Promise<StoreLock | undefined>;
  /** Begins to put a content into the cache. @throws CacheWriteError */
  openPart(request: PartRequest): Promise<Part>;
}
