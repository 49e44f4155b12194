import { openHubRepository } from "../cached/open-hub-repository.ts";
import { WebRepository } from "../cached/web-repository.ts";
import { cleanToken } from "../environment/clean-token.ts";
import { downloadPatience, isOffline, metadataPatience } from "../environment/hub-settings.ts";
import { resolveRetryPolicy } from "../http/retry-policy.ts";
import { HubClient } from "../hub-api/hub-client.ts";
import { isCommit } from "../hub-api/object-id.ts";
import { resolveRevision } from "../hub-api/resolve-revision.ts";
import type { HubRequest } from "../platform/platform.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { WebFolder } from "../web/web-folder.ts";
import { FallbackRepository } from "./fallback-repository.ts";
import { listedDownloads } from "./listed-downloads.ts";
import { hubInPlace, webInPlace } from "./open-in-place.ts";
import { BrowserHubStore } from "./storage/browser-hub-store.ts";
import { BrowserWebStore } from "./storage/browser-web-store.ts";
import { openStorage } from "./storage/open-storage.ts";
import type { PrivateFolder } from "./storage/private-folder.ts";

/**
 * Opens a repository of the Hub in a browser, with the cache in the site's own storage; where the browser has none,
 * files are read in place. The revision is resolved to a commit here, once.
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
    store: new BrowserHubStore(storage.folder(BrowserHubStore.folderName(id))),
    makeClient: async () => client,
    startDownload: listedDownloads,
    needsListing: true,
  });
  const { commit } = repository;
  if (commit === undefined || isOffline(options.localFilesOnly, environment)) return repository;
  return new FallbackRepository(repository, hubInPlace(client, { id, revision, commit }));
}

/** Opens a folder on a web server in a browser, likewise. No request is made before a file is asked for. */
export async function openWebInBrowser(url: URL, options: OpenRepositoryOptions): Promise<Repository> {
  const { environment = {} } = options;
  const retry = resolveRetryPolicy(options.retry);
  const patience = downloadPatience(environment);
  const folder = new WebFolder(url, {
    fetch: options.fetch ?? fetch,
    patience: metadataPatience(environment),
    redirects: "fetch",
  });
  const storage = await openStorageFor(options);
  const inPlace = webInPlace(folder, { patience, retry });
  if (storage === undefined) return inPlace;
  const offline = isOffline(options.localFilesOnly, environment);
  const store = await BrowserWebStore.open(storage, folder.name);
  const repository = new WebRepository({ folder, store, offline, downloadPatience: patience, retry });
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
    metadataPatience: metadataPatience(environment),
    downloadPatience: downloadPatience(environment),
    retry: resolveRetryPolicy(options.retry),
  });
}
