import type { ProgressListener } from "@onestep/core";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { Environment } from "./settings.ts";

/** Options of asynchronous operations. */
export interface ReadOptions {
  /** Cancels the call, which rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Receives `file-start`, `file-progress` and `file-end` events, for files from the cache as well. */
  readonly onProgress?: ProgressListener | undefined;
}

/** Options of {@link RepositoryFile.text}. */
export interface TextOptions extends ReadOptions {
  /** The largest file to read, in bytes. 64 MiB by default. */
  readonly maximumBytes?: number | undefined;
}

/**
 * The files of a model: in a folder, on the Hub, on a web server. Nothing is downloaded until you request a file.
 *
 * Paths are relative, with forward slashes. A path that leads out of the repository throws an `UnsafePathError` before
 * the disk or the network is accessed.
 */
export interface Repository {
  /** The source as the caller named it, for messages: `openai/diffusers-cd_imagenet64_l2`, a folder, a URL. */
  readonly name: string;

  /**
   * The commit of all files, 40 hexadecimal digits; `undefined` for sources without commits (a folder, a web server).
   */
  readonly commit: string | undefined;

  /**
   * The paths of all files, sorted; `undefined` if they cannot be listed (a plain web server; offline, a revision whose
   * list of files is not cached).
   */
  list(options?: ReadOptions): Promise<readonly string[] | undefined>;

  /**
   * Returns a file, and downloads it if necessary; `undefined` if the repository has no file at that path.
   *
   * @throws OfflineError if the file is not in the cache and requests are not allowed.
   */
  find(path: string, options?: ReadOptions): Promise<RepositoryFile | undefined>;

  /** Like {@link find}. @throws EntryNotFoundError if there is no file at that path. */
  get(path: string, options?: ReadOptions): Promise<RepositoryFile>;

  /**
   * The length of a file in bytes, without downloading it; `undefined` if it is not known (a plain web server, offline), or there is
   * no such file.
   */
  sizeOf?(path: string, options?: ReadOptions): Promise<number | undefined>;

  /**
   * Call this when all files you need have arrived, if the repository was opened with `holdRevision`. Never fails. Missing,
   * or without effect, for sources without commits.
   */
  settle?(): Promise<void>;
}

/** A file that can be read: from disk in Node; in browsers from memory, the cache or by range requests. */
export interface RepositoryFile {
  /** Relative path in the repository. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Its path on disk, symbolic links resolved; `undefined` if it is not on disk. */
  readonly localPath: string | undefined;
  /** In a browser, the content if it can be read without a request: a local file, a cached copy. It is not in memory. */
  readonly blob?: Blob | undefined;
  /**
   * Bytes `start` to `end` (exclusive).
   *
   * @throws InvalidArgumentError if the range is not within the file.
   * @throws IntegrityError if the file is shorter than its `size`.
   */
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * The whole file as UTF-8 text.
   *
   * @throws FileReadError if it exceeds `maximumBytes` or is not UTF-8.
   */
  text(options?: TextOptions): Promise<string>;
}

/**
 * How often to retry, and how long to wait, if a server is unreachable or failing: if a connection is refused, cut or
 * silent, and for the statuses 408, 429 and 5xx. Permanent failures (no such file, no access) are not retried.
 * `Retry-After` is respected up to two minutes.
 */
export interface RetryOptions {
  /** The number of retries. A download that makes progress starts counting again. 5 by default; 0 for none. */
  readonly maxRetries?: number | undefined;
  /** Seconds before the first retry, doubled before each further one. 1 by default. */
  readonly baseWaitTime?: number | undefined;
  /** The longest wait between two tries, in seconds. 8 by default. */
  readonly maxWaitTime?: number | undefined;
}

/** Options of `openRepository`. In Node, environment variables (`HF_HOME`, `HF_TOKEN`, …) are the defaults. */
export interface OpenRepositoryOptions extends ReadOptions {
  /** Branch, tag or commit; `"main"` by default. */
  readonly revision?: string | undefined;
  /**
   * The cache folder; `HF_HUB_CACHE`, `HF_HOME/hub` or `~/.cache/huggingface/hub` by default. In a browser, the name of a
   * folder in the storage of the site (the origin private file system); `onestep` by default.
   */
  readonly cacheDir?: string | undefined;
  /** Access token; `HF_TOKEN` or the token file by default; `false` sends none. Sent only to the endpoint's host. */
  readonly token?: string | false | undefined;
  /** The Hub or a mirror of it; `HF_ENDPOINT` or `https://huggingface.co` by default. */
  readonly endpoint?: string | undefined;
  /** Use cached files only; make no requests. `HF_HUB_OFFLINE` has the same effect, whatever this option says. */
  readonly localFilesOnly?: boolean | undefined;
  /**
   * For callers that need several files, such as those of a model: if the cache has an older commit of the revision, that
   * commit stays in use offline until {@link Repository.settle} is called, so an interrupted update does no harm. By default
   * the revision moves with the first file, as in huggingface_hub.
   */
  readonly holdRevision?: boolean | undefined;
  /** Retries if a server is unreachable or failing. */
  readonly retry?: RetryOptions | undefined;
  /** The `fetch` to use. */
  readonly fetch?: typeof fetch | undefined;
  /** The environment variables to read: `process.env` by default in Node, none in a browser. */
  readonly environment?: Environment | undefined;
}

/** The names of {@link OpenRepositoryOptions}, for functions that take these and others. */
export const openRepositoryOptionNames: OptionNames<OpenRepositoryOptions> = {
  revision: true,
  cacheDir: true,
  token: true,
  endpoint: true,
  localFilesOnly: true,
  holdRevision: true,
  retry: true,
  fetch: true,
  environment: true,
  onProgress: true,
  signal: true,
};
