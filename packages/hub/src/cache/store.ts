import { IntegrityError } from "../errors.ts";
import type { RepositoryFile } from "../repository.ts";

/**
 * One repository's folder in a cache, on disk or in the storage of a browser: small text files at paths, and the contents
 * of the repository's files. `HubCache` and `WebCache` say what is at which path.
 */
export interface Store {
  /** Where the cache is, for messages: `the cache folder /home/me/.cache/huggingface/hub`. */
  readonly place: string;
  /** The folder that notes which files a commit of the Hub does not have. */
  readonly missingFolder: string;
  /** A name for a path that nothing in another store has. */
  key(path: string): string;

  /** The text at a path; `undefined` if there is no file. @throws FileReadError */
  readText(path: string): Promise<string | undefined>;
  /** Writes a text as a whole: readers see the old one or the new one. @throws CacheWriteError */
  writeText(path: string, text: string): Promise<void>;
  /** What is at a path; `undefined` if nothing is. */
  entryKind(path: string): Promise<"file" | "folder" | undefined>;
  /** Removes the file or folder at a path. @throws CacheWriteError */
  remove(path: string): Promise<void>;
  /** Checks that a file can be written at a path, without writing it. @throws CacheWriteError */
  checkWritable(path: string): Promise<void>;

  /** The file whose blob is linked at a path of the store; `undefined` if there is no such file. */
  findLinked(file: string, link: string): Promise<RepositoryFile | undefined>;
  /** What is wrong with such a file, as far as can be seen; `size` is its expected length, if known. */
  findDamage(
    file: RepositoryFile,
    link: string,
    size: number | undefined,
  ): Promise<IntegrityError | undefined>;
  /** Whether a blob is there, undamaged as far as can be seen. */
  hasBlob(objectId: string, size: number | undefined): Promise<boolean>;
  /** Links a blob at a path of the store. @throws CacheWriteError */
  link(objectId: string, link: string, isNew: boolean): Promise<void>;

  /** The copy of a file of a web server that a note describes; `undefined` if there is no copy. */
  findCopy(path: string, note: UrlNote | undefined): Promise<RepositoryFile | undefined>;
  /** Removes other copies of the file. Never fails. */
  removeOtherCopies(path: string, note: UrlNote): Promise<void>;

  /** Waits until nobody else downloads a content; `undefined` if there are no locks. */
  lock(content: ContentName, options: StoreLockOptions): Promise<StoreLock | undefined>;
  /** Begins to write a content. @throws CacheWriteError */
  openPart(request: PartRequest): Promise<Part>;
}

/** What names a content: its SHA-256 or git object, or, if a web server does not say, the path of the file. */
export type ContentName =
  | { readonly objectId: string; readonly path?: undefined }
  | { readonly objectId?: undefined; readonly path: string };

/** A content that is to be put into a cache. */
export interface PartRequest {
  readonly content: ContentName;
  /** What names this version of it, where its name does not and something else does. */
  readonly version?: string | undefined;
  /** Its length in bytes, if known. */
  readonly size: number | undefined;
  /** Only the owner of an uncontested lock may adopt or remove them. */
  readonly leftParts: LeftParts;
  /** The note on the copy that is there. */
  readonly note?: UrlNote | undefined;
  readonly signal: AbortSignal;
}

/** What is known of a file of a web server. */
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

/** A file that is being written into a cache. Partial data can be kept, and continued later. */
export interface Part {
  /** The name of the content, where the store gave it one: see `UrlNote.content`. */
  readonly content?: string | undefined;
  /** How many bytes have been written. */
  readonly size: number;
  /** Whether some of them come from an earlier download. */
  readonly hasOldBytes: boolean;
  /** Checks that so many bytes more fit. @throws DiskSpaceError */
  checkFreeSpace(neededBytes: number): Promise<void>;
  /** Adds bytes at the end. @throws CacheWriteError */
  write(bytes: Uint8Array): Promise<void>;
  /** Discards all bytes. @throws CacheWriteError */
  restart(): Promise<void>;
  /**
   * The names that what is there may have, the Hub's own first: its SHA-256, or its git object and other checksums of as
   * many digits. `undefined` if it is not known what it should be.
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
  /** Called once, before a wait, with the owner of the lock: `"process"`, `"tab"`; `undefined` if it is this program. */
  readonly onWait?: (owner: string | undefined) => Promise<void>;
}

/** Files up to this length are hashed each time they are requested, which takes a millisecond. */
const hashedBytes = 1024 * 1024;

/** What is known of a cached content. */
export interface KnownContent {
  /** Its SHA-256 or git object. */
  readonly objectId: string | undefined;
  /** Its length in bytes. */
  readonly size: number | undefined;
}

/**
 * What is wrong with a file of the cache, as far as can be seen without reading gigabytes: its length and, of up to 1 MiB,
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
    remedy: "The cached copy is damaged. It is downloaded again when you are online.",
  });
}
