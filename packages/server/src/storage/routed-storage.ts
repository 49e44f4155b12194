import type { ImageStorage, PutOptions, StoredEntry } from "./storage.ts";

/** Options of {@link RoutedStorage}. */
export interface RoutedStorageOptions {
  /** Takes entries under one of the prefixes. */
  readonly special: ImageStorage;
  readonly prefixes: readonly string[];
  /** Takes all others. */
  readonly rest: ImageStorage;
}

/**
 * Two storages as one. On one machine, images that are fetched at once stay in memory, and what must survive a restart is
 * in a folder.
 */
export class RoutedStorage implements ImageStorage {
  readonly #options: RoutedStorageOptions;

  constructor(options: RoutedStorageOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#options.rest.id;
  }

  put(key: string, data: Uint8Array | ReadableStream<Uint8Array>, options?: PutOptions): Promise<boolean> {
    return this.#of(key).put(key, data, options);
  }

  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#of(key).get(key);
  }

  open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    return this.#of(key).open(key);
  }

  list(prefix: string): AsyncIterable<StoredEntry> {
    return this.#of(prefix).list(prefix);
  }

  async delete(keys: readonly string[]): Promise<void> {
    const { special, rest } = this.#options;
    for (const storage of [special, rest]) {
      const own = keys.filter((key) => this.#of(key) === storage);
      if (own.length > 0) await storage.delete(own);
    }
  }

  expire(prefix: string, olderThanSeconds: number): Promise<void> {
    return this.#of(prefix).expire(prefix, olderThanSeconds);
  }

  async close(): Promise<void> {
    await this.#options.special.close();
    await this.#options.rest.close();
  }

  #of(key: string): ImageStorage {
    const { special, rest, prefixes } = this.#options;
    return prefixes.some((prefix) => key.startsWith(prefix)) ? special : rest;
  }
}
