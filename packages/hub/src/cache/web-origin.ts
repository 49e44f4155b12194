import { warn } from "@onestep/core/internal";
import { leavesCopyInUse, OfflineError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import type { RetryPolicy } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import type { WebFolder } from "../http/web-server.ts";
import type { RepositoryFile } from "../repository.ts";
import type { Downloaded, DownloadRequest, Origin, OriginFile } from "./cached-repository.ts";
import type { Caller } from "./shared-tasks.ts";
import type { WebCache } from "./web-cache.ts";
import { fetchWebFile } from "./web-file.ts";

/** The parts of a {@link WebOrigin}. */
interface WebOriginParts {
  readonly folder: WebFolder;
  readonly cache: WebCache;
  readonly offline: boolean;
  readonly downloadTimeout: Timeout;
  readonly retry: RetryPolicy;
}

/**
 * A folder on a plain web server. Each file is requested once per opened repository, conditionally on the validators of
 * the cached copy (`ETag`, `Last-Modified`). While the server is unreachable, the copy is used.
 */
export class WebOrigin implements Origin {
  readonly name: string;
  readonly commit: undefined;
  readonly #parts: WebOriginParts;
  readonly #checked = new Map<string, RepositoryFile | undefined>();
  #warned = false;

  constructor(parts: WebOriginParts) {
    this.#parts = parts;
    this.name = parts.folder.name;
  }

  async list(): Promise<undefined> {}

  async find(
    path: string,
    _signal: AbortSignal | undefined,
    download: (request: DownloadRequest) => Promise<Downloaded>,
  ): Promise<OriginFile> {
    if (this.#checked.has(path)) return { file: this.#checked.get(path), isCached: true };
    if (this.#parts.offline) return { file: await this.#findCached(path), isCached: true };
    const { folder, cache } = this.#parts;
    const request = { ...this.#parts, path };
    let downloaded: Downloaded;
    try {
      downloaded = await download({
        key: cache.key(path),
        caller: this.#caller(),
        work: (shared) => fetchWebFile(request, shared),
      });
    } catch (error) {
      if (!leavesCopyInUse(error) || !(await this.#isKnown(path))) throw error;
      this.#warnOnce(error.message);
      return { file: await this.#findCached(path), isCached: true };
    }
    const { file, withdrawn } = downloaded;
    if (withdrawn !== undefined) this.#warnOnce(describeWithdrawal(folder.fileUrl(path), withdrawn));
    this.#checked.set(path, file);
    return { file, isCached: false };
  }

  /** What a response depends on, in addition to the file: the query may contain a signature. */
  #caller(): Caller {
    const { downloadTimeout, folder, retry } = this.#parts;
    const { baseWaitTime, maxRetries, maxWaitTime } = retry;
    return [...folder.caller, downloadTimeout.seconds, maxRetries, baseWaitTime, maxWaitTime];
  }

  async #isKnown(path: string): Promise<boolean> {
    const { cache } = this.#parts;
    return (await cache.findFile(path)) !== undefined || (await cache.readNote(path))?.missing === true;
  }

  /** The cached copy; `undefined` if the file is known not to exist. */
  async #findCached(path: string): Promise<RepositoryFile | undefined> {
    const { cache } = this.#parts;
    const file = await cache.findFile(path);
    if (file !== undefined || (await this.#isKnown(path))) return file;
    throw new OfflineError({
      subject: `${path} of ${this.name}`,
      found: `nothing in ${cache.store.place}`,
      expected: "the file, since requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)",
      remedy: "Download it once while online, or name the cache folder that has it (option cacheDir).",
      summary: `${path} of ${this.name} is not in ${cache.store.place}, and requests are not allowed (localFilesOnly or HF_HUB_OFFLINE).`,
    });
  }

  #warnOnce(message: string): void {
    if (!this.#warned) warn(`${message} The copies of ${this.name} in the cache are used.`, "offline");
    this.#warned = true;
  }
}

function describeWithdrawal(url: URL, found: string): string {
  const remedy =
    "If it was removed permanently, delete the copy (deleteFromCache); if a page asks for a login, log in first.";
  return `${describeUrl(url)}: found ${found}, expected the file that was there before. ${remedy}`;
}
