import { IntegrityError } from "../errors.ts";
import type { RepositoryListing } from "../hub-api/client.ts";
import type { RepositoryFile } from "../repository.ts";

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

/** What is known of a file of a web server. */
export interface UrlNote {
  /** The server had no such file. */
  readonly missing?: boolean;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Length in bytes. */
  readonly size?: number;
  /** What `Content-Length` said, where that was something else: the length of what was compressed on its way. */
  readonly contentLength?: number;
}

/** A file of a web server that is to be put into a cache. */
export interface WebPartRequest {
  /** What names this version of it, where anything does. */
  readonly version: string | undefined;
  /** Its length in bytes, where it is known. */
  readonly size: number | undefined;
  /** Only who holds the lock, with nobody else at work, may adopt or remove. */
  readonly leftParts: LeftParts;
  readonly signal: AbortSignal;
}

/** The files of one folder on a web server in a cache, wherever that is: on disk, in a browser. */
export interface WebStore {
  /** Where the cache is, for messages. */
  readonly place: string;
  /** A name for a file that no other file of any cache has. */
  key(path: string): string;
  /** The copy of a file, if there is one. */
  findFile(path: string): Promise<RepositoryFile | undefined>;
  /** The note on a file, if it is there and in form. */
  readNote(path: string): Promise<UrlNote | undefined>;
  /** Notes by what a stored file is to be asked for again, and makes it the one to use. @throws CacheWriteError */
  writeNote(path: string, note: UrlNote, part: Part): Promise<void>;
  /** Notes that the server has no such file, where there is no copy of it. Never fails. */
  markMissing(path: string): Promise<void>;
  /** Waits until nobody else fetches a file; `undefined` where there are no locks. */
  lock(path: string, options: StoreLockOptions): Promise<StoreLock | undefined>;
  /** Begins to put a file into the cache. @throws CacheWriteError */
  openPart(path: string, request: WebPartRequest): Promise<Part>;
}

/** A file that is on its way into a cache. What of it has arrived can be left for another time. */
export interface Part {
  /** How many bytes are there. */
  readonly size: number;
  /** Whether some of them come from an earlier transfer. */
  readonly hasOldBytes: boolean;
  /** Checks that so many bytes more fit. @throws DiskSpaceError */
  checkFreeSpace(neededBytes: number): Promise<void>;
  /** Adds bytes at the end. @throws CacheWriteError */
  write(bytes: Uint8Array): Promise<void>;
  /** Throws away what is there. @throws CacheWriteError */
  restart(): Promise<void>;
  /**
   * The names that what is there may have, the Hub's own first: its SHA-256, or its git object and other checksums of as
   * many digits. `undefined` where it is not known what it should be.
   */
  names(): Promise<readonly string[] | undefined>;
  /** Makes the file a whole one. @throws CacheWriteError */
  finish(): Promise<void>;
  /** Leaves what is there for another time. Never fails. */
  keep(): Promise<void>;
  /** Leaves nothing. Never fails. */
  discard(): Promise<void>;
}

/**
 * What is done with parts of a file that earlier transfers left: the longest is gone on with, all are removed, or all are
 * left alone, since somebody may be at work on them.
 */
export type LeftParts = "adopt" | "remove" | "leave";

/** Keeps others from fetching the same file at the same time. */
export interface StoreLock {
  /** Whether the owner before may still be at work, so that what it left must be left alone. */
  readonly isContested: boolean;
  /** Never fails. */
  release(): Promise<void>;
}

/** How to wait for a {@link StoreLock}. */
export interface StoreLockOptions {
  readonly signal: AbortSignal;
  /** Told once, before a wait, who has the lock: `"process"`, `"tab"`; `undefined` where it is this program. */
  readonly onWait?: (owner: string | undefined) => Promise<void>;
}

/** Files up to this length are hashed each time they are asked for: it takes a millisecond. */
const hashedBytes = 1024 * 1024;

/** What is known of a cached content. */
export interface KnownContent {
  /** Its SHA-256 or git object. */
  readonly objectId: string | undefined;
  /** Its length in bytes. */
  readonly size: number | undefined;
}

/**
 * What is wrong with a file of the cache, as far as it shows without reading gigabytes: its length and, of up to 1 MiB,
 * its content. That is what a full disk, a lost power supply or an interrupted copy of the cache leave.
 *
 * @param hash - Computes the names that its content may have, of the same kind as `objectId`; the Hub's own first.
 * @throws What `hash` throws.
 */
export async function findDamage(
  file: RepositoryFile,
  known: KnownContent,
  hash: (objectId: string) => Promise<readonly string[]>,
): Promise<IntegrityError | undefined> {
  const { objectId, size } = known;
  const isHashed = objectId !== undefined && file.size <= hashedBytes;
  const names = isHashed ? await hash(objectId) : [];
  // Content that is right has the right length, whatever a server says of it.
  if (isHashed && names.includes(objectId)) return undefined;
  if (size !== undefined && file.size !== size) return damaged(file, `${file.size} bytes`, `${size} bytes`);
  return isHashed ? damaged(file, `content with the name ${names[0]}`, objectId) : undefined;
}

function damaged(file: RepositoryFile, found: string, expected: string): IntegrityError {
  return new IntegrityError({
    subject: file.localPath ?? file.path,
    found,
    expected,
    remedy: "The copy in the cache is damaged. With a connection it is fetched again when it is asked for.",
  });
}
