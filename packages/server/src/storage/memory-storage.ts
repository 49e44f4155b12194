import { StorageError } from "../errors.ts";
import type { ImageStorage, PutOptions, StoredEntry } from "./storage.ts";

/** Options of {@link MemoryStorage}. */
export interface MemoryStorageOptions {
  /** How much it holds; 1 GiB by default. */
  readonly maxBytes?: number | undefined;
}

/** A storage in memory, for a service on one machine. */
export class MemoryStorage implements ImageStorage {
  readonly id: string = crypto.randomUUID();
  readonly #entries = new Map<
    string,
    { readonly bytes: Uint8Array<ArrayBuffer>; readonly modifiedAt: number }
  >();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ maxBytes = 2 ** 30 }: MemoryStorageOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  async put(
    key: string,
    data: Uint8Array | ReadableStream<Uint8Array>,
    { replace = false }: PutOptions = {},
  ): Promise<boolean> {
    const bytes = new Uint8Array(
      data instanceof Uint8Array ? data : await new Response(data as never).arrayBuffer(),
    );
    const old = this.#entries.get(key);
    if (old !== undefined && !replace) return false;
    const size = this.#bytes - (old?.bytes.length ?? 0) + bytes.length;
    if (size > this.#maxBytes) {
      throw new StorageError({
        subject: "the storage in memory",
        found: `${size} bytes to keep`,
        expected: `at most ${this.#maxBytes}`,
        remedy: "Try again when images have been fetched, or keep them in a folder.",
      });
    }
    this.#bytes = size;
    this.#entries.delete(key);
    this.#entries.set(key, { bytes, modifiedAt: Date.now() });
    return true;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#entries.get(key)?.bytes;
  }

  async open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    const bytes = await this.get(key);
    return bytes === undefined ? undefined : new Blob([bytes]).stream();
  }

  async *list(prefix: string): AsyncIterable<StoredEntry> {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield { key, bytes: entry.bytes.length, modifiedAt: entry.modifiedAt };
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#bytes -= this.#entries.get(key)?.bytes.length ?? 0;
      this.#entries.delete(key);
    }
  }

  async expire(prefix: string, olderThanSeconds: number): Promise<void> {
    const before = Date.now() - olderThanSeconds * 1000;
    for (const [key, { modifiedAt }] of this.#entries) {
      if (modifiedAt < before && key.startsWith(prefix)) await this.delete([key]);
    }
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
