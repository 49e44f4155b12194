import type { RepositoryFile } from "../repository.ts";
import type { LeftParts, Part, StoreLock, StoreLockOptions } from "./part.ts";

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
