import type { ProgressListener } from "@onestep/core";
import type { Environment } from "./settings.ts";

/** Options of everything that can take time. */
export interface ReadOptions {
  /** Cancels; the call rejects with the signal's reason. */
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
 * A model's files, wherever they are: a folder, the Hub's cache, a web server. Nothing is fetched until a file is
 * asked for.
 *
 * Paths are relative, with forward slashes. A path that would lead out of the repository is refused with an
 * `UnsafePathError` before the disk or the network is touched.
 */
export interface Repository {
  /** What the caller named: `openai/diffusers-cd_imagenet64_l2`, a folder, a URL. For messages. */
  readonly name: string;

  /**
   * The commit that every file is taken from, 40 hexadecimal digits; `undefined` where the place has no commits (a
   * folder, a web server).
   */
  readonly commit: string | undefined;

  /**
   * The paths of all files, relative, with forward slashes, sorted; `undefined` where the place cannot list them
   * (a plain web server, a cache that does not know the whole of a revision while offline).
   */
  list(options?: ReadOptions): Promise<readonly string[] | undefined>;

  /**
   * The file, made available (fetched where need be); `undefined` where the repository has none at that path.
   *
   * @throws OfflineError where the file is not in the cache and requests are not allowed.
   */
  find(path: string, options?: ReadOptions): Promise<RepositoryFile | undefined>;

  /** Like {@link find}. @throws EntryNotFoundError where there is none. */
  get(path: string, options?: ReadOptions): Promise<RepositoryFile>;

  /**
   * Says that all wanted files have arrived; for a repository that was opened with `holdRevision`. Never fails. Missing, or
   * without effect, where the place has no commits.
   */
  settle?(): Promise<void>;
}

/** A file that is at hand: on disk in Node; elsewhere in memory, in the cache or behind range requests. */
export interface RepositoryFile {
  /** Relative path in the repository. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Its path on disk, symbolic links resolved; `undefined` if it is not on disk. */
  readonly localPath: string | undefined;
  /** Its content, where a browser has it at hand without holding it in memory: a local file, a copy in the cache. */
  readonly blob?: Blob | undefined;
  /**
   * Bytes `start` to `end` (exclusive).
   *
   * @throws InvalidArgumentError if the range is not within the file.
   * @throws IntegrityError where the file is shorter than it said.
   */
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * The whole file as UTF-8 text.
   *
   * @throws FileReadError where it exceeds `maximumBytes` or is not UTF-8.
   */
  text(options?: TextOptions): Promise<string>;
}

/**
 * How often, and how patiently, to ask again where a server is out of reach or out of order: a connection that is
 * refused, cut or silent, and the answers 408, 429 and 5xx. What it says for good (no such file, no access) is not
 * asked again. Where a server says how long to wait, up to two minutes, that is respected.
 */
export interface RetryOptions {
  /** How often to retry. A download that makes progress starts counting again. 5 by default; 0 for never. */
  readonly maxRetries?: number | undefined;
  /** Seconds before the first try again; twice as many before each further one. 1 by default. */
  readonly baseWaitTime?: number | undefined;
  /** Seconds to wait at most. 8 by default. */
  readonly maxWaitTime?: number | undefined;
}

/** How to reach a repository. All optional; environment variables (`HF_HOME`, `HF_TOKEN`, …) fill the gaps in Node. */
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
  /** Serve from the cache without a single request. `HF_HUB_OFFLINE` has the same effect, whatever is passed here. */
  readonly localFilesOnly?: boolean | undefined;
  /**
   * For callers that take several files, such as those of a model: where the cache has an older commit of the revision, the
   * revision stands for that one, when it is asked for without a network, until {@link Repository.settle} is called. So an
   * update that is interrupted leaves the older copy in use. By default it moves with the first file, as in
   * huggingface_hub.
   */
  readonly holdRevision?: boolean | undefined;
  /** What to do where a server is out of reach or out of order. */
  readonly retry?: RetryOptions | undefined;
  /** The `fetch` to use. */
  readonly fetch?: typeof fetch | undefined;
  /** The environment variables to read; `process.env` by default in Node, none in a browser, where it takes what is passed. */
  readonly environment?: Environment | undefined;
}
