import { warn } from "@onestep/core";
import { leavesCopyInUse, OfflineError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { Patience } from "../http/timeout.ts";
import type { WebFolder } from "../http/web-server.ts";
import type { ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { getEntry, reportCachedFile } from "../repository-file.ts";
import { checkRepositoryPath } from "../validators.ts";
import { type Caller, SharedTasks, type SharedWork } from "./shared-tasks.ts";
import type { WebStore } from "./store.ts";
import { type FetchedWebFile, fetchWebFile } from "./web-file.ts";

/** Files on their way into the cache, by where they will lie. */
const fetches = new SharedTasks<FetchedWebFile>();

/** What a repository on a web server is made of. */
export interface WebRepositoryParts {
  readonly folder: WebFolder;
  readonly store: WebStore;
  readonly offline: boolean;
  readonly downloadPatience: Patience;
  readonly retry: RetryPolicy;
}

/**
 * A folder on a plain web server, cached. Each file is asked for once per opened repository, by what the
 * server said of the copy at hand (`ETag`, `Last-Modified`); a server out of reach leaves the copy in use.
 */
export class WebRepository implements Repository {
  readonly name: string;
  readonly commit: undefined;
  readonly #parts: WebRepositoryParts;
  readonly #checked = new Map<string, RepositoryFile | undefined>();
  #warned = false;

  constructor(parts: WebRepositoryParts) {
    this.#parts = parts;
    this.name = parts.folder.name;
  }

  async list(options: ReadOptions = {}): Promise<undefined> {
    options.signal?.throwIfAborted();
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    checkRepositoryPath(path);
    options.signal?.throwIfAborted();
    if (this.#checked.has(path)) return this.#reportCached(this.#checked.get(path), options);
    if (this.#parts.offline) return this.#reportCached(await this.#findCached(path), options);
    const { folder, store } = this.#parts;
    const request = { ...this.#parts, path };
    const work = (shared: SharedWork): Promise<FetchedWebFile> => fetchWebFile(request, shared);
    let fetched: FetchedWebFile;
    try {
      fetched = await fetches.join(store.key(path), this.#caller(), work, options);
    } catch (error) {
      if (!leavesCopyInUse(error) || !(await this.#isKnown(path))) throw error;
      this.#warnOnce(error.message);
      return this.#reportCached(await this.#findCached(path), options);
    }
    const { file, withdrawn } = fetched;
    if (withdrawn !== undefined) this.#warnOnce(describeWithdrawal(folder.fileUrl(path), withdrawn));
    this.#checked.set(path, file);
    return file;
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }

  /** What an answer depends on, besides the file: the query may hold a signature. */
  #caller(): Caller {
    const { downloadPatience, folder, retry } = this.#parts;
    const { baseWaitTime, maxRetries, maxWaitTime } = retry;
    return [...folder.caller, downloadPatience.seconds, maxRetries, baseWaitTime, maxWaitTime];
  }

  #reportCached(file: RepositoryFile | undefined, options: ReadOptions): RepositoryFile | undefined {
    if (file !== undefined) reportCachedFile(file, options);
    return file;
  }

  async #isKnown(path: string): Promise<boolean> {
    const { store } = this.#parts;
    return (await store.findFile(path)) !== undefined || (await store.readNote(path))?.missing === true;
  }

  /** The copy at hand; `undefined` where it is known that there is no such file. */
  async #findCached(path: string): Promise<RepositoryFile | undefined> {
    const { store } = this.#parts;
    const file = await store.findFile(path);
    if (file !== undefined || (await this.#isKnown(path))) return file;
    throw new OfflineError({
      subject: `${path} of ${this.name}`,
      found: `nothing in ${store.place}`,
      expected: "the file, since requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)",
      remedy: "Fetch it once with a connection, or name the cache folder that has it (option cacheDir).",
    });
  }

  #warnOnce(message: string): void {
    if (!this.#warned) warn(`${message} The copies of ${this.name} in the cache are used.`);
    this.#warned = true;
  }
}

function describeWithdrawal(url: URL, found: string): string {
  const remedy =
    "If it was removed for good, delete the copy (deleteFromCache); if a page asks for a login, log in first.";
  return `${describeUrl(url)}: found ${found}, expected the file that was there before. ${remedy}`;
}
