import { IntegrityError } from "../errors.ts";
import type { RepositoryFile } from "../repository.ts";

/**
 * One repository's folder in a cache, on disk or in browser storage: small text files at paths, and the contents of the
 * repository's files. `HubCache` and `WebCache` define which path holds what.
 */
export interface Store {
  /** The location of the cache, for messages: `the cache folder /home/me/.cache/huggingface/hub`. */
  readonly place: string;
  /** The folder that records which files a Hub commit does not have. */
  readonly missingFolder: string;
  /** A name for a path, unique across stores. */
  key(path: string): string;

  /** The text at a path; `undefined` if there is no file. @throws FileReadError */
  readText(path: string): Promise<string | undefined>;
  /** Writes a text atomically: readers see either the old or the new one. @throws CacheWriteError */
  writeText(path: string, text: string): Promise<void>;
  /** What exists at a path; `undefined` for nothing. */
  entryKind(path: string): Promise<"file" | "folder" | undefined>;
  /** Removes the file or folder at a path. @throws CacheWriteError */
  remove(path: string): Promise<void>;
  /** Checks that a file can be written at a path, without writing it. @throws CacheWriteError */
  checkWritable(path: string): Promise<void>;

  /** The file whose blob is linked at a path of the store; `undefined` if there is no such file. */
  findLinked(file: string, link: string): Promise<RepositoryFile | undefined>;
  /** What is wrong with such a file, if that can be seen; `size` is its expected length, if known. */
  findDamage(
    file: RepositoryFile,
    link: string,
    size: number | undefined,
  ): Promise<IntegrityError | undefined>;
  /** Whether a blob exists and shows no damage. */
  hasBlob(objectId: string, size: number | undefined): Promise<boolean>;
  /** Links a blob at a path of the store. @throws CacheWriteError */
  link(objectId: string, link: string, isNew: boolean): Promise<void>;

  /** The copy of a web server file that a note describes; `undefined` if there is no copy. */
  findCopy(path: string, note: UrlNote | undefined): Promise<RepositoryFile | undefined>;
  /** Removes other copies of the file. Never fails. */
  removeOtherCopies(path: string, note: UrlNote): Promise<void>;

  /** Waits until no one else is downloading a content; `undefined` if locks are not supported. */
  lock(content: ContentName, options: StoreLockOptions): Promise<StoreLock | undefined>;
  /** Starts writing a content. @throws CacheWriteError */
  openPart(request: PartRequest): Promise<Part>;
}

/** What identifies a content: its SHA-256 or git object id, or, if a web server gives none, the path of the file. */
export type ContentName =
  | { readonly objectId: string; readonly path?: undefined }
  | { readonly objectId?: undefined; readonly path: string };

/** A content to put into a cache. */
export interface PartRequest {
  readonly content: ContentName;
  /** The version of the content, if its name does not identify one and something else does. */
  readonly version?: string | undefined;
  /** Its length in bytes, if known. */
  readonly size: number | undefined;
  /** Only the holder of an uncontested lock may adopt or remove them. */
  readonly leftParts: LeftParts;
  /** The note on the existing copy. */
  readonly note?: UrlNote | undefined;
  readonly signal: AbortSignal;
}

/** What is known about a web server file. */
export interface UrlNote {
  /** The server had no such file. */
  readonly missing?: boolean;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Length in bytes. */
  readonly size?: number;
  /** `Content-Length`, if it differs: the length of a compressed response. */
  readonly contentLength?: number;
  /** The name of the copy, in stores that name copies by path and version: two times 32 hexadecimal digits. */
  readonly content?: string;
}

/** A file being written into a cache. Partial data can be kept, and continued later. */
export interface Part {
  /** The name of the content, if the store assigned one: see `UrlNote.content`. */
  readonly content?: string | undefined;
  /** How many bytes have been written. */
  readonly size: number;
  /** Whether some of them come from an earlier download. */
  readonly hasOldBytes: boolean;
  /** Checks that this many more bytes fit. @throws DiskSpaceError */
  checkFreeSpace(neededBytes: number): Promise<void>;
  /** Appends bytes. @throws CacheWriteError */
  write(bytes: Uint8Array): Promise<void>;
  /** Discards all bytes. @throws CacheWriteError */
  restart(): Promise<void>;
  /**
   * The possible names of the bytes so far, the Hub's own name first: the SHA-256, or the git object id and other
   * checksums of the same length. `undefined` if the expected name is not known.
   */
  names(): Promise<readonly string[] | undefined>;
  /** Publishes the finished file. @throws CacheWriteError */
  finish(): Promise<void>;
  /** Closes the file and keeps its bytes for a later download. Never fails. */
  keep(): Promise<void>;
  /** Removes the file. Never fails. */
  discard(): Promise<void>;
}

/**
 * What to do with partial files that earlier downloads left: continue the longest (`"adopt"`), remove them all, or leave
 * them alone, since another process may be writing them.
 */
export type LeftParts = "adopt" | "remove" | "leave";

/** Prevents concurrent downloads of the same file. */
export interface StoreLock {
  /** Whether the previous holder may still be working, so that its partial files must be left alone. */
  readonly isContested: boolean;
  /** Never fails. */
  release(): Promise<void>;
}

/** How to wait for a {@link StoreLock}. */
export interface StoreLockOptions {
  readonly signal: AbortSignal;
  /**
   * Called once, before waiting, with the holder of the lock: `"process"`, `"tab"`; `undefined` if it is this program.
   */
  readonly onWait?: (owner: string | undefined) => Promise<void>;
}

/** Files up to this length are hashed on every request, which takes a millisecond. */
const hashedBytes = 1024 * 1024;

/** What is known about a cached content. */
export interface KnownContent {
  /** Its SHA-256 or git object id. */
  readonly objectId: string | undefined;
  /** Its length in bytes. */
  readonly size: number | undefined;
}

/**
 * What is wrong with a cached file, as far as can be seen without reading gigabytes: its length and, up to 1 MiB, its
 * content. This detects the damage left by a full disk, a power failure or an interrupted copy of the cache.
 *
 * @param hash - Computes the possible names of its content, of the same kind as `objectId`; the Hub's own name first.
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
  // Correct content has the correct length, whatever a server reports.
  if (isHashed && names.includes(objectId)) return undefined;
  if (size !== undefined && file.size !== size) return damaged(file, `${file.size} bytes`, `${size} bytes`);
  return isHashed ? damaged(file, `content with the name ${names[0]}`, objectId) : undefined;
}

function damaged(file: RepositoryFile, found: string, expected: string): IntegrityError {
  return new IntegrityError({
    subject: file.localPath ?? file.path,
    found,
    expected,
    remedy: "The cached copy is damaged. It is downloaded again when you are online.",
  });
}
