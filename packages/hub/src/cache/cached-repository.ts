import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { getEntry, reportCachedFile } from "../repository-file.ts";
import { checkRepositoryPath } from "../validators.ts";
import { type Caller, SharedTasks, type SharedWork } from "./shared-tasks.ts";

/** The result of a download. */
export interface Downloaded {
  /** `undefined` if there is no such file. */
  readonly file: RepositoryFile | undefined;
  /** The server's response, if the cached copy is used instead of the file. */
  readonly withdrawn?: string | undefined;
}

/** A download into the cache, which callers with the same access share. */
export interface DownloadRequest {
  /** The name of the file in its cache: see `Store.key`. */
  readonly key: string;
  /** What the response depends on, in addition to the file. */
  readonly caller: Caller;
  readonly work: (shared: SharedWork) => Promise<Downloaded>;
}

/** The source of a cached repository's files: a commit on the Hub, or a folder on a web server. */
export interface Origin {
  readonly name: string;
  readonly commit: string | undefined;
  /** The paths of all files, sorted; `undefined` if they cannot be listed. */
  list(signal: AbortSignal | undefined): Promise<readonly string[] | undefined>;
  /** See `Repository.sizeOf`. */
  sizeOf?(path: string, signal: AbortSignal | undefined): Promise<number | undefined>;
  /**
   * A file, from the cache or downloaded into it.
   *
   * @param path - Already checked to be safe.
   * @param download - Runs a download, or joins it if it is already running.
   */
  find(
    path: string,
    signal: AbortSignal | undefined,
    download: (request: DownloadRequest) => Promise<Downloaded>,
  ): Promise<OriginFile>;
  /** See `Repository.settle`. */
  settle?(): Promise<void>;
}

/** The file that an {@link Origin} has at a path. */
export interface OriginFile {
  /** `undefined` if there is no such file. */
  readonly file: RepositoryFile | undefined;
  /** Whether it was cached, so that no download has reported it. */
  readonly isCached: boolean;
}

/** All running downloads of this program. */
const downloads = new SharedTasks<Downloaded>();

/** A repository whose files are kept in a cache. */
export class CachedRepository implements Repository {
  readonly name: string;
  readonly commit: string | undefined;
  readonly #origin: Origin;

  constructor(origin: Origin) {
    this.#origin = origin;
    this.name = origin.name;
    this.commit = origin.commit;
  }

  async list(options: ReadOptions = {}): Promise<readonly string[] | undefined> {
    options.signal?.throwIfAborted();
    return this.#origin.list(options.signal);
  }

  async sizeOf(path: string, options: ReadOptions = {}): Promise<number | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    return this.#origin.sizeOf?.(path, options.signal);
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    const { file, isCached } = await this.#origin.find(path, options.signal, ({ key, caller, work }) =>
      downloads.join(key, caller, work, options),
    );
    if (isCached && file !== undefined) reportCachedFile(file, options);
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }

  async settle(): Promise<void> {
    await this.#origin.settle?.();
  }
}
