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
