import { StorageError } from "../errors.ts";
import type { ImageStorage, PutOptions, StoredEntry } from "./storage.ts";
import { checkAge, checkStorageKey, checkStoragePrefix } from "./storage-key.ts";

/** Options of {@link MemoryStorage}. */
export interface MemoryStorageOptions {
  /** How many bytes it holds; 1 GiB by default. */
  readonly maxBytes?: number | undefined;
}

interface MemoryEntry {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly modifiedAt: number;
}

/**
 * A storage in memory, for a service on one machine. What it holds ends with the process.
 *
 * @example
 * const storage = new MemoryStorage({ maxBytes: 256 * 2 ** 20 });
 * const handler = createHandler({ models, storage });
 */
export class MemoryStorage implements ImageStorage {
  readonly id: string = crypto.randomUUID();
  readonly #entries = new Map<string, MemoryEntry>();
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
    checkStorageKey(key);
    const copy = await this.#collect(data);
    const old = this.#entries.get(key);
    if (old !== undefined && !replace) return false;
    this.#checkRoom(copy.length - (old?.data.length ?? 0));
    this.#bytes += copy.length - (old?.data.length ?? 0);
    this.#entries.set(key, { data: copy, modifiedAt: Date.now() });
    return true;
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    checkStorageKey(key);
    return this.#entries.get(key)?.data.slice();
  }

  async open(key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    checkStorageKey(key);
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : new Blob([entry.data]).stream();
  }

  async *list(prefix: string): AsyncIterable<StoredEntry> {
    checkStoragePrefix(prefix);
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield { key, bytes: entry.data.length, modifiedAt: entry.modifiedAt };
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkStorageKey(key);
    for (const key of keys) {
      this.#bytes -= this.#entries.get(key)?.data.length ?? 0;
      this.#entries.delete(key);
    }
  }

  async expire(prefix: string, olderThanSeconds: number): Promise<void> {
    checkStoragePrefix(prefix);
    checkAge(olderThanSeconds);
    const limit = Date.now() - olderThanSeconds * 1000;
    const old = [...this.#entries].filter(
      ([key, { modifiedAt }]) => key.startsWith(prefix) && modifiedAt < limit,
    );
    await this.delete(old.map(([key]) => key));
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Copies the data. Of a stream it reads no more than there is room for. */
  async #collect(data: Uint8Array | ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
    if (data instanceof Uint8Array) return new Uint8Array(data);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const chunk of data) {
      length += chunk.length;
      this.#checkRoom(length);
      chunks.push(new Uint8Array(chunk));
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  #checkRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#maxBytes) return;
    throw new StorageError({
      subject: "the storage in memory",
      found: `${this.#bytes + bytes} bytes`,
      expected: `at most ${this.#maxBytes}`,
      remedy: "Try again later, or store in a folder.",
      summary: `The storage in memory is full: it holds at most ${this.#maxBytes} bytes.`,
    });
  }
}
