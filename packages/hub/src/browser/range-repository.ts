import { getEntry } from "../file/get-entry.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { checkRepositoryPath } from "../source/repository-path.ts";
import { RangeFile, type RangeSource } from "./range-file.ts";

/** Where a repository's files are and how to ask for them. */
export interface RangeRepositoryParts {
  readonly name: string;
  readonly commit: string | undefined;
  /** The paths of all files, in any order; `undefined` where they cannot be listed. */
  readonly list: (signal: AbortSignal | undefined) => Promise<readonly string[] | undefined>;
  readonly source: (path: string) => RangeSource;
}

/**
 * A repository without a disk: files are read in place by range requests, and nothing is kept but the list and the
 * first part of each file. Progress events tell of files that came whole with the first request.
 */
export class RangeRepository implements Repository {
  readonly name: string;
  readonly commit: string | undefined;
  readonly #parts: RangeRepositoryParts;
  readonly #files = new Map<string, RangeFile | undefined>();
  #paths: readonly string[] | undefined;

  constructor(parts: RangeRepositoryParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.commit = parts.commit;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[] | undefined> {
    options.signal?.throwIfAborted();
    this.#paths ??= (await this.#parts.list(options.signal))?.toSorted();
    return this.#paths;
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
}
