import type { Environment } from "../settings.ts";
import type { Store } from "./store.ts";

/** The location of a cache. */
export interface CacheLocation {
  /**
   * The cache folder; `HF_HUB_CACHE`, `HF_HOME/hub` or `~/.cache/huggingface/hub` by default. In a browser, the name of
   * a folder in the site's storage; `onestep` by default.
   */
  readonly cacheDir?: string | undefined;
  /** The environment variables to read; `process.env` by default. */
  readonly environment?: Environment | undefined;
}

/** Options of `scanCache`. */
export interface ScanCacheOptions extends CacheLocation {
  readonly signal?: AbortSignal | undefined;
}

/** The contents of a cache. */
export interface CacheReport {
  /** The folder shared with Python; in a browser, the folder in the site's storage. */
  readonly cacheDir: string;
  /** Sorted by id. */
  readonly repositories: readonly CachedRepository[];
  /** Size of all contents in bytes. Contents shared by several repositories count once. */
  readonly sizeOnDisk: number;
  /** Broken entries, which are not part of the rest of the report. */
  readonly problems: readonly CacheProblem[];
}

/** A Hub model, or a web server folder, in a cache. */
export interface CachedRepository {
  readonly kind: "hub" | "web";
  /** `owner/name`, or the folder's URL. */
  readonly id: string;
  readonly folder: string;
  /** Size of its contents in bytes. */
  readonly sizeOnDisk: number;
  /** Number of contents. Files of several revisions with the same content count once. */
  readonly fileCount: number;
  /** When one of its files was last read, if the file system records that; in a browser, last written. */
  readonly lastUsed: Date | undefined;
  /** Sorted by commit; empty for web server folders. */
  readonly revisions: readonly CachedRevision[];
  /** Partial downloads, running or interrupted. */
  readonly incompleteFiles: readonly CachedIncompleteFile[];
}

/** A partial download in a cache. The next download of the file resumes from it. */
export interface CachedIncompleteFile {
  readonly path: string;
  readonly sizeOnDisk: number;
  /** The id of the process that is downloading the file, if known. */
  readonly processId: number | undefined;
}

/** A commit in a cache. */
export interface CachedRevision {
  readonly commit: string;
  /** The branches and tags that pointed to it when they were last resolved, sorted. */
  readonly refs: readonly string[];
  readonly sizeOnDisk: number;
  readonly fileCount: number;
}

/** A broken entry of a cache. */
export interface CacheProblem {
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
}

/** Options of `deleteFromCache`. */
export interface DeleteFromCacheOptions extends CacheLocation {
  /** `owner/name`, or the URL of a folder on a web server. */
  readonly repoId: string;
  /** A branch, tag or commit to delete; everything by default. */
  readonly revision?: string | undefined;
}

/** Options of `pruneCache`. */
export interface PruneCacheOptions extends CacheLocation {
  readonly signal?: AbortSignal | undefined;
}

/** What `deleteFromCache` or `pruneCache` did. */
export interface DeletionReport {
  /** How many bytes were freed. */
  readonly freedBytes: number;
  /**
   * How many bytes were kept, because they are in Python's store of contents shared by repositories. `hf cache prune`
   * frees them when no repository needs them.
   */
  readonly keptBytes: number;
}

/** A cached content. */
export interface CachedContent {
  /** Its location in the repository: the blob that a snapshot file links to, or the file itself. */
  readonly place: string;
  /** The location of its bytes; differs from `place` if Python keeps them in its store shared by all repositories. */
  readonly store: string;
  readonly size: number;
  /** When it was last read (written, if reads are not recorded), in milliseconds since 1970. */
  readonly lastUsed: number;
}

/** A complete or partial content in the folder of contents. */
export interface StoredContent extends CachedContent {
  /** Relative to the folder of the repository, with forward slashes. */
  readonly path: string;
  /** The download that it is a partial file of; `undefined` if it is complete. */
  readonly part:
    | {
        /** Whether nobody is downloading it; `undefined` if that is unknown. */
        readonly isLeft: boolean | undefined;
        readonly processId: number | undefined;
      }
    | undefined;
}

/** The folder of one repository in a cache, for the cache tools. Broken entries in it are added to `problems`. */
export interface CacheFolder {
  readonly kind: "hub" | "web";
  /** Its location, for reports. */
  readonly location: string;
  readonly store: Store;
  /** What exists at its location. */
  entryKind(): Promise<"folder" | "nothing" | "something else">;
  /** The names of branches and tags by the commit that they point to. */
  readRefs(problems: CacheProblem[]): Promise<Map<string, string[]>>;
  /** The contents of the files of each commit. */
  readSnapshots(problems: CacheProblem[]): Promise<ReadonlyMap<string, readonly CachedContent[]>>;
  readContents(problems: CacheProblem[]): Promise<readonly StoredContent[]>;
  /** Deletes the folder. No reader sees a partial repository. @throws CacheWriteError */
  delete(): Promise<void>;
}

/** A cache entry that may be the folder of a repository. */
export interface CacheEntry {
  readonly name: string;
  readonly location: string;
  readonly isFolder: boolean;
}

/** A cache, for the cache tools. */
export interface Cache {
  readonly cacheDir: string;
  /** `the cache folder /home/me/.cache/huggingface/hub`. */
  readonly place: string;
  /** The entries of the folder for Hub models or for web servers; sorted. */
  entries(kind: CacheFolder["kind"]): Promise<readonly CacheEntry[]>;
  folder(kind: CacheFolder["kind"], name: string): CacheFolder;
  /** The folder name for a web server address. */
  urlFolderName(url: string): Promise<string>;
  /** Removes leftovers of interrupted operations, except partial downloads. Returns how many bytes were freed. */
  pruneRest(signal: AbortSignal | undefined): Promise<number>;
}

/** Whether a cache folder is left over from an interrupted deletion. */
export function isInterruptedDeletion(name: string): boolean {
  return /^\.deleting-[0-9a-f]{8}$/.test(name);
}
