import { CachedRepository } from "./cache/cached-repository.ts";
import { HubCache } from "./cache/hub-cache.ts";
import { openHubRepository } from "./cache/hub-origin.ts";
import { WebCache } from "./cache/web-cache.ts";
import { WebOrigin } from "./cache/web-origin.ts";
import { resolveRetryPolicy } from "./http/retry.ts";
import { WebFolder } from "./http/web-server.ts";
import { HubClient } from "./hub-api/client.ts";
import { openDiskCache } from "./node/disk-cache-tools.ts";
import { DiskStore } from "./node/disk-store.ts";
import { entryKind, openFolder } from "./node/folder-repository.ts";
import { hubTransfers } from "./node/hub-download.ts";
import { resolveHubCache, resolveToken, resolveUrlCache } from "./node/settings.ts";
import type { HubRequest, Platform } from "./platform.ts";
import type { OpenRepositoryOptions, Repository } from "./repository.ts";
import { downloadTimeout, isEnabled, isOffline, metadataTimeout, xetFromBytes } from "./settings.ts";
import { uploadFilesToHub } from "./upload/upload-to-hub.node.ts";
import { askWhoAmI } from "./upload/who-am-i.node.ts";

/** Node: folders, and a cache on disk. */
export const platform: Platform = {
  readEnvironment: () => process.env,
  entryKind,
  openFolder,
  openHub: openHubInNode,
  openWebFolder: openWebInNode,
  openCache: openDiskCache,
  uploadFiles: uploadFilesToHub,
  whoAmI: askWhoAmI,
};

/** Opens a repository of the Hub in Node, with the cache on disk that is shared with Python. */
export function openHubInNode(request: HubRequest, options: OpenRepositoryOptions): Promise<Repository> {
  const { endpoint, environment, id } = request;
  return openHubRepository(request, options, {
    cache: new HubCache(
      DiskStore.ofModel(resolveHubCache(options.cacheDir, environment), id, {
        linksAllowed: !isEnabled(environment, "HF_HUB_DISABLE_SYMLINKS"),
      }),
    ),
    makeClient: async () =>
      new HubClient({
        endpoint,
        token: await resolveToken(options.token, environment),
        fetch: options.fetch ?? fetch,
        redirects: "here",
        metadataTimeout: metadataTimeout(environment),
        downloadTimeout: downloadTimeout(environment),
        retry: resolveRetryPolicy(options.retry),
      }),
    startDownload: (client) => hubTransfers(client, xetFromBytes(environment)),
    needsListing: false,
  });
}

/** Opens a folder on a web server in Node. No request is made until a file is requested. */
export async function openWebInNode(
  url: URL,
  { cacheDir, environment = {}, fetch: givenFetch = fetch, localFilesOnly, retry }: OpenRepositoryOptions,
): Promise<Repository> {
  const timeout = metadataTimeout(environment);
  const folder = new WebFolder(url, { fetch: givenFetch, timeout, redirects: "here" });
  const origin = new WebOrigin({
    folder,
    cache: new WebCache(DiskStore.ofUrl(resolveUrlCache(cacheDir, environment), folder.name), folder.name),
    offline: isOffline(localFilesOnly, environment),
    downloadTimeout: downloadTimeout(environment),
    retry: resolveRetryPolicy(retry),
  });
  return new CachedRepository(origin);
}
