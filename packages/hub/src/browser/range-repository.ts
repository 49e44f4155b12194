import { UnsupportedError } from "@onestep/core";
import { IntegrityError } from "../errors.ts";
import { type HttpResponse, readBytes, readTotalSize } from "../http/response.ts";
import { type RetryPolicy, withRetries } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import type { ReadOptions, Repository, RepositoryFile, TextOptions } from "../repository.ts";
import { checkRange, getEntry, readText } from "../repository-file.ts";
import { checkRepositoryPath } from "../validators.ts";

/** Where a repository's files are, and how to request them. */
interface RangeRepositoryParts {
  readonly name: string;
  readonly commit: string | undefined;
  /** The length of every file by its path, in any order; `undefined` if they cannot be listed. */
  readonly list: (signal: AbortSignal | undefined) => Promise<ReadonlyMap<string, number> | undefined>;
  readonly source: (path: string) => RangeSource;
}

/**
 * A repository without a disk: files are read in place by range requests, and only the listing and the start of each
 * file are kept. Progress events report files that arrive whole with the first request.
 */
export class RangeRepository implements Repository {
  readonly name: string;
  readonly commit: string | undefined;
  readonly #parts: RangeRepositoryParts;
  readonly #files = new Map<string, RangeFile | undefined>();
  #sizes: ReadonlyMap<string, number> | undefined;

  constructor(parts: RangeRepositoryParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.commit = parts.commit;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[] | undefined> {
    const sizes = await this.#list(options);
    return sizes === undefined ? undefined : [...sizes.keys()].sort();
  }

  async sizeOf(path: string, options: ReadOptions = {}): Promise<number | undefined> {
    checkRepositoryPath(path);
    return (await this.#list(options))?.get(path);
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    const cached = this.#files.has(path);
    const file = cached
      ? this.#files.get(path)
      : await RangeFile.open(this.#parts.source(path), options.signal);
    this.#files.set(path, file);
    if (file?.isHeld) {
      options.onProgress?.({ type: "file-start", file: path, totalBytes: file.size, cached });
      options.onProgress?.({ type: "file-end", file: path, totalBytes: file.size, cached });
    }
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }

  async #list({ signal }: ReadOptions): Promise<ReadonlyMap<string, number> | undefined> {
    signal?.throwIfAborted();
    this.#sizes ??= await this.#parts.list(signal);
    return this.#sizes;
  }
}

/**
 * The length of the first request: small files arrive whole, and for large ones it covers what a header reader needs.
 */
const firstBytes = 64 * 1024;

/** The largest file to hold in memory if the server does not support ranges. */
const maximumHeldBytes = 64 * 1024 * 1024;

/** How to request a file's bytes. `undefined` if there is no such file. */
interface RangeSource {
  readonly path: string;
  readonly timeout: Timeout;
  readonly retry: RetryPolicy;
  readonly request: (range: string, signal: AbortSignal | undefined) => Promise<HttpResponse | undefined>;
}

/** A file read by range requests; only its first 64 KiB are held in memory. */
class RangeFile implements RepositoryFile {
  readonly path: string;
  readonly size: number;
  readonly localPath: undefined;
  readonly #source: RangeSource;
  readonly #held: Uint8Array;
  readonly #etag: string | null;

  private constructor(source: RangeSource, size: number, held: Uint8Array, etag: string | null) {
    this.path = source.path;
    this.size = size;
    this.#source = source;
    this.#held = held;
    this.#etag = etag;
  }

  /**
   * Requests the start of a file, which also gives its size.
   *
   * @returns `undefined` if there is no such file.
   * @throws UnsupportedError if the server does not support ranges and the file is too large to hold.
   */
  static open(source: RangeSource, signal: AbortSignal | undefined): Promise<RangeFile | undefined> {
    return withRetries(() => RangeFile.#openOnce(source, signal), source.retry, signal);
  }

  static async #openOnce(
    source: RangeSource,
    signal: AbortSignal | undefined,
  ): Promise<RangeFile | undefined> {
    const response = await source.request(`bytes=0-${firstBytes - 1}`, signal);
    if (response === undefined) return undefined;
    const etag = response.headers.get("ETag");
    if (response.status === 416) {
      await response.discard();
      return new RangeFile(source, 0, new Uint8Array(), etag);
    }
    const limit = response.status === 206 ? firstBytes : maximumHeldBytes;
    const held = await readBytes(response, limit, source.timeout);
    if (held === undefined)
      throw noRanges(source.path, "a file too large to hold, and no way to ask for a part");
    const size = response.status === 206 ? sizeOf(response, held) : held.length;
    if (size === undefined)
      throw noRanges(source.path, "a part of the file, and no Content-Range that may be read");
    return new RangeFile(source, size, held, etag);
  }

  /** Whether the whole file is in memory. */
  get isHeld(): boolean {
    return this.#held.length === this.size;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    checkRange(this, start, end);
    options.signal?.throwIfAborted();
    if (end <= this.#held.length) return this.#held.slice(start, end);
    const { signal } = options;
    return withRetries(() => this.#readOnce(start, end, signal), this.#source.retry, signal);
  }

  text(options: TextOptions = {}): Promise<string> {
    return readText(this, options);
  }

  async #readOnce(start: number, end: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const response = await this.#source.request(`bytes=${start}-${end - 1}`, signal);
    if (response === undefined) throw this.#changed("nothing");
    if (response.status !== 206 || response.headers.get("ETag") !== this.#etag) {
      await response.discard();
      throw this.#changed(
        response.status === 206 ? "another version of the file" : `HTTP ${response.status}`,
      );
    }
    const bytes = await readBytes(response, end - start, this.#source.timeout);
    if (bytes?.length === end - start) return bytes;
    throw this.#changed(bytes === undefined ? "more bytes" : `${bytes.length} bytes`);
  }

  #changed(found: string): IntegrityError {
    return new IntegrityError({
      subject: this.path,
      found,
      expected: "the bytes that were asked for, of the file that was opened",
      remedy: "The file may have changed; open the repository again.",
    });
  }
}

/** The file's size: from `Content-Range`, or known because the server sent less than requested. */
function sizeOf(response: HttpResponse, held: Uint8Array): number | undefined {
  return readTotalSize(response.headers) ?? (held.length < firstBytes ? held.length : undefined);
}

function noRanges(path: string, found: string): UnsupportedError {
  return new UnsupportedError({
    subject: path,
    found,
    expected: "a server that supports range requests and exposes Content-Range",
    remedy: "Add Access-Control-Expose-Headers: Content-Range, ETag and range requests to the server.",
  });
}
