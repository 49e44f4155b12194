import { openHubRepository } from "../cached/open-hub-repository.ts";
import { isEnabled } from "../environment/environment.ts";
import { downloadPatience, metadataPatience, xetFromBytes } from "../environment/hub-settings.ts";
import { resolveRetryPolicy } from "../http/retry-policy.ts";
import { HubClient } from "../hub-api/hub-client.ts";
import type { HubRequest } from "../platform/platform.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { resolveHubCache } from "./cache-folders.ts";
import { HubCache } from "./hub-cache.ts";
import { hubTransfers } from "./hub-transfer.ts";
import { resolveToken } from "./token.ts";

/** Opens a repository of the Hub in Node, with the cache on disk that is shared with Python. */
export function openHubInNode(request: HubRequest, options: OpenRepositoryOptions): Promise<Repository> {
  const { endpoint, environment, id } = request;
  return openHubRepository(request, options, {
    store: new HubCache(resolveHubCache(options.cacheDir, environment), id, {
      linksAllowed: !isEnabled(environment, "HF_HUB_DISABLE_SYMLINKS"),
    }),
    makeClient: async () =>
      new HubClient({
        endpoint,
        token: await resolveToken(options.token, environment),
        fetch: options.fetch ?? fetch,
        redirects: "here",
        metadataPatience: metadataPatience(environment),
        downloadPatience: downloadPatience(environment),
        retry: resolveRetryPolicy(options.retry),
      }),
    startDownload: (client) => hubTransfers(client, xetFromBytes(environment)),
    needsListing: false,
  });
}
