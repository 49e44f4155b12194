import { warn } from "@onestep/core/internal";
import { CachedRepository } from "../cache/cached-repository.ts";
import { HubCache } from "../cache/hub-cache.ts";
import { openHubRepository } from "../cache/hub-origin.ts";
import { WebCache } from "../cache/web-cache.ts";
import { WebOrigin } from "../cache/web-origin.ts";
import { CacheWriteError, EntryNotFoundError } from "../errors.ts";
import type { HttpResponse } from "../http/response.ts";
import { type RetryPolicy, resolveRetryPolicy } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import { WebFolder } from "../http/web-server.ts";
import { fetchListing, HubClient, resolveRevision } from "../hub-api/client.ts";
import { toHubFailure } from "../hub-api/failure.ts";
import { fileUrl } from "../hub-api/file.ts";
import { isCommit } from "../hub-api/listing.ts";
import type { HubRequest } from "../platform.ts";
import type { OpenRepositoryOptions, ReadOptions, Repository, RepositoryFile } from "../repository.ts";
import { getEntry } from "../repository-file.ts";
import { cleanToken, downloadTimeout, isOffline, metadataTimeout } from "../settings.ts";
import { BrowserStore } from "./browser-store.ts";
import { listedDownloads } from "./hub-download.ts";
import { openStorage } from "./open-storage.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { RangeRepository } from "./range-repository.ts";

/**
 * Opens a Hub repository in a browser, with the cache in the site's own storage; if the browser has no storage, files
 * are read in place. The revision is resolved to a commit once, here.
 */
export async function openHubInBrowser(
  request: HubRequest,
  options: OpenRepositoryOptions,
): Promise<Repository> {
  const { environment, id, revision } = request;
  const client = makeClient(request, options);
  const storage = await openStorageFor(options);
  if (storage === undefined) {
    const { signal } = options;
    const commit = isCommit(revision) ? revision : await resolveRevision(client, { id, revision, signal });
    return hubInPlace(client, { id, revision, commit });
  }
  const repository = await openHubRepository(request, options, {
    cache: new HubCache(BrowserStore.ofModel(storage, id)),
    makeClient: async () => client,
    startDownload: listedDownloads,
    needsListing: true,
  });
  const { commit } = repository;
  if (commit === undefined || isOffline(options.localFilesOnly, environment)) return repository;
  return new FallbackRepository(repository, hubInPlace(client, { id, revision, commit }));
}

/** Opens a folder on a web server in a browser, in the same way. No request is made until a file is requested. */
export async function openWebInBrowser(url: URL, options: OpenRepositoryOptions): Promise<Repository> {
  const { environment = {} } = options;
  const retry = resolveRetryPolicy(options.retry);
  const timeout = downloadTimeout(environment);
  const folder = new WebFolder(url, {
    fetch: options.fetch ?? fetch,
    timeout: metadataTimeout(environment),
    redirects: "fetch",
  });
  const storage = await openStorageFor(options);
  const inPlace = webInPlace(folder, { timeout, retry });
  if (storage === undefined) return inPlace;
  const offline = isOffline(options.localFilesOnly, environment);
  const cache = new WebCache(await BrowserStore.ofUrl(storage, folder.name), folder.name);
  const origin = new WebOrigin({ folder, cache, offline, downloadTimeout: timeout, retry });
  const repository = new CachedRepository(origin);
  return offline ? repository : new FallbackRepository(repository, inPlace);
}

function openStorageFor({
  cacheDir,
  environment = {},
  localFilesOnly,
}: OpenRepositoryOptions): Promise<PrivateFolder | undefined> {
  const isNeeded = cacheDir !== undefined || isOffline(localFilesOnly, environment);
  return openStorage({ cacheDir, isNeeded });
}

function makeClient({ endpoint, environment }: HubRequest, options: OpenRepositoryOptions): HubClient {
  return new HubClient({
    endpoint,
    token: cleanToken(options.token === false ? "" : (options.token ?? ""), "option token"),
    fetch: options.fetch ?? fetch,
    redirects: "fetch",
    metadataTimeout: metadataTimeout(environment),
    downloadTimeout: downloadTimeout(environment),
    retry: resolveRetryPolicy(options.retry),
  });
}

/** A commit of a Hub repository. */
interface HubCommit {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
}

/** A Hub repository that is read in place. */
function hubInPlace(client: HubClient, { id, revision, commit }: HubCommit): RangeRepository {
  const { downloadTimeout: timeout, endpoint, hasToken, retry } = client;
  const ask = async (path: string, range: string, signal: AbortSignal | undefined) => {
    const url = fileUrl(client, { id, commit, path });
    const response = await client.send(url, { headers: { Range: range }, signal });
    if ([200, 206, 416].includes(response.status)) return response;
    await response.discard();
    const failure = toHubFailure(response, { id, revision, path, endpoint, hasToken });
    if (EntryNotFoundError.isInstance(failure)) return undefined;
    throw failure;
  };
  return new RangeRepository({
    name: id,
    commit,
    list: async (signal) => {
      const listing = await fetchListing(client, { id, commit, signal });
      return new Map([...listing].map(([path, { size }]) => [path, size]));
    },
    source: (path) => ({ path, timeout, retry, request: (range, signal) => ask(path, range, signal) }),
  });
}

/** A web server folder that is read in place. No request is made until a file is requested. */
function webInPlace(
  folder: WebFolder,
  { timeout, retry }: { readonly timeout: Timeout; readonly retry: RetryPolicy },
): RangeRepository {
  const ask = async (
    path: string,
    range: string,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | undefined> => {
    const response = await folder.request(path, { headers: { Range: range }, signal });
    return "missing" in response ? undefined : response;
  };
  return new RangeRepository({
    name: folder.name,
    commit: undefined,
    list: async () => undefined,
    source: (path) => ({ path, timeout, retry, request: (range, signal) => ask(path, range, signal) }),
  });
}

/**
 * A repository with a cache that may run full: a file that does not fit, or that the browser does not let the page
 * store, is read in place by range requests, with a warning.
 */
class FallbackRepository implements Repository {
  readonly name: string;
  readonly commit: string | undefined;
  readonly #cached: Repository;
  readonly #inPlace: Repository;
  readonly #unstored = new Set<string>();

  /** @param cached - The source of files as long as they fit. @param inPlace - The same files, without a cache. */
  constructor(cached: Repository, inPlace: Repository) {
    this.#cached = cached;
    this.#inPlace = inPlace;
    this.name = cached.name;
    this.commit = cached.commit;
  }

  list(options: ReadOptions = {}): Promise<readonly string[] | undefined> {
    return this.#cached.list(options);
  }

  async sizeOf(path: string, options: ReadOptions = {}): Promise<number | undefined> {
    return this.#cached.sizeOf?.(path, options);
  }

  async find(path: string, options: ReadOptions = {}): Promise<RepositoryFile | undefined> {
    if (!this.#unstored.has(path)) {
      try {
        return await this.#cached.find(path, options);
      } catch (error) {
        if (!CacheWriteError.isInstance(error)) throw error;
        warn(`${path} of ${this.name} is read in place, and not kept. ${error.message}`, "cache");
        this.#unstored.add(path);
      }
    }
    return this.#inPlace.find(path, options);
  }

  get(path: string, options: ReadOptions = {}): Promise<RepositoryFile> {
    return getEntry(this, path, options);
  }

  async settle(): Promise<void> {
    await this.#cached.settle?.();
  }
}
