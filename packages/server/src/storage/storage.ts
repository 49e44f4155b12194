/** Something in a storage. */
export interface StoredEntry {
  readonly key: string;
  readonly bytes: number;
  /** In milliseconds since 1970, by the clock of the storage. */
  readonly modifiedAt: number;
}

/** Options of {@link ImageStorage.put}. */
export interface PutOptions {
  readonly mediaType?: string | undefined;
  /** Whether an existing entry is replaced; false by default. */
  readonly replace?: boolean | undefined;
}

/**
 * Where images, files and records are kept: memory, a folder, or a bucket. Keys are paths with `/`, of letters, digits,
 * `.`, `_` and `-`; an entry appears whole or not at all.
 */
export interface ImageStorage {
  /**
   * The id of this storage: the same for everyone who reads and writes it.
   */
  readonly id: string;

  /**
   * Writes an entry.
   *
   * @returns Whether it was written: not if the key exists and `replace` is false.
   * @throws StorageError if it cannot be written, for example because the disk is full.
   */
  put(key: string, data: Uint8Array | ReadableStream<Uint8Array>, options?: PutOptions): Promise<boolean>;

  /** The bytes of an entry; undefined if there is none. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;

  /** The bytes of an entry as a stream, for large ones; undefined if there is none. */
  open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;

  /** The entries whose keys start with a prefix, which ends with `/`, in the order of their keys. */
  list(prefix: string): AsyncIterable<StoredEntry>;

  /** Deletes entries. Those that do not exist are ignored. */
  delete(keys: readonly string[]): Promise<void>;

  /** Deletes entries under a prefix that are older, by the clock of the storage. */
  expire(prefix: string, olderThanSeconds: number): Promise<void>;

  close(): Promise<void>;
}
