import { InvalidArgumentError, type ProgressListener } from "@onestep/core";
import { EntryNotFoundError, FileReadError } from "./errors.ts";
import type { ReadOptions, Repository, RepositoryFile, TextOptions } from "./repository.ts";

/** A file whose content is a Blob: a local file, or a copy in the browser's cache. */
export class BlobFile implements RepositoryFile {
  readonly path: string;
  readonly size: number;
  readonly localPath: undefined;
  readonly blob: Blob;

  constructor(path: string, blob: Blob) {
    this.path = path;
    this.size = blob.size;
    this.blob = blob;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    checkRange(this, start, end);
    options.signal?.throwIfAborted();
    try {
      return new Uint8Array(await this.blob.slice(start, end).arrayBuffer());
    } catch (cause) {
      throw new FileReadError(
        {
          subject: this.path,
          found: `a file that the browser does not read (${cause instanceof Error ? cause.message : cause})`,
          expected: "the file as it was when it was opened",
          remedy: "It may have been changed, moved or deleted since: open it again.",
        },
        { cause },
      );
    }
  }

  text(options: TextOptions = {}): Promise<string> {
    return readText(this, options);
  }
}

/** Implements `get` of every repository: the result of `find`, or an error that says what exists instead. */
export async function getEntry(
  repository: Repository,
  path: string,
  options: ReadOptions = {},
): Promise<RepositoryFile> {
  const file = await repository.find(path, options);
  if (file !== undefined) return file;
  const revision = repository.commit === undefined ? "" : ` at commit ${repository.commit}`;
  throw new EntryNotFoundError({
    subject: `${path} in ${repository.name}${revision}`,
    found: "nothing",
    expected: "a file",
    remedy: "Check the path, the subfolder and the revision.",
    summary: `${path} is not in ${repository.name}${revision}.`,
  });
}

const defaultMaximumBytes = 64 * 1024 * 1024;

/**
 * Reads a whole file as UTF-8; a byte order mark is dropped.
 *
 * @throws FileReadError if the file exceeds `maximumBytes` (64 MiB by default) or is not UTF-8.
 */
export async function readText(
  file: Pick<RepositoryFile, "path" | "size" | "read">,
  options: TextOptions,
): Promise<string> {
  const maximumBytes = options.maximumBytes ?? defaultMaximumBytes;
  if (file.size > maximumBytes) {
    throw new FileReadError({
      subject: file.path,
      found: `${file.size} bytes`,
      expected: `text of at most ${maximumBytes} bytes`,
      remedy: "Check that this is the right file; if it is, read it in parts with read().",
    });
  }
  const bytes = await file.read(0, file.size, options);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileReadError(
      {
        subject: file.path,
        found: "bytes that are not UTF-8",
        expected: "UTF-8 text",
        remedy: "Save the file as UTF-8, or fetch it again.",
        summary: `${file.path} is not UTF-8 text.`,
      },
      { cause },
    );
  }
}

/** Checks that `start` to `end` (exclusive) is within a file. @throws InvalidArgumentError if it does not. */
export function checkRange(
  file: { readonly path: string; readonly size: number },
  start: number,
  end: number,
): void {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
  if (isRange && end <= file.size) return;
  throw new InvalidArgumentError({
    subject: `range of ${file.path}`,
    found: `bytes ${start} to ${end}`,
    expected: `whole numbers with 0 <= start <= end <= ${file.size}, the size of the file`,
    remedy: "Read a range within the file. If the file is shorter than expected, it may be truncated.",
  });
}

/** Reports a cached file to the listener. */
export function reportCachedFile(file: RepositoryFile, options: ReadOptions): void {
  options.onProgress?.({ type: "file-start", file: file.path, totalBytes: file.size, cached: true });
  options.onProgress?.({ type: "file-end", file: file.path, totalBytes: file.size, cached: true });
}

/** Often enough for a smooth progress bar, rarely enough for a listener that redraws. */
const intervalMilliseconds = 100;

/** Reports the progress of a file to a listener: its start, its end, and at most ten times a second in between. */
export class ProgressReporter {
  readonly #file: string;
  #total: { readonly totalBytes?: number };
  readonly #listener: ProgressListener;
  #nextReport = 0;

  constructor(file: string, totalBytes: number | undefined, listener: ProgressListener) {
    this.#file = file;
    this.#total = totalBytes === undefined ? {} : { totalBytes };
    this.#listener = listener;
  }

  start(): void {
    this.#listener({ type: "file-start", file: this.#file, ...this.#total, cached: false });
  }

  progress(loadedBytes: number): void {
    // More has arrived than the server had announced.
    if (loadedBytes > (this.#total.totalBytes ?? loadedBytes)) this.#total = {};
    const now = Date.now();
    if (now < this.#nextReport && loadedBytes !== this.#total.totalBytes) return;
    this.#nextReport = now + intervalMilliseconds;
    this.#listener({ type: "file-progress", file: this.#file, loadedBytes, ...this.#total });
  }

  end(totalBytes: number): void {
    this.#listener({ type: "file-end", file: this.#file, totalBytes, cached: false });
  }
}
