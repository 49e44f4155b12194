import { WebRepository } from "../cached/web-repository.ts";
import { downloadPatience, isOffline, metadataPatience } from "../environment/hub-settings.ts";
import { resolveRetryPolicy } from "../http/retry-policy.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { WebFolder } from "../web/web-folder.ts";
import { resolveUrlCache } from "./cache-folders.ts";
import { UrlCache } from "./url-cache.ts";

/** Opens a folder on a web server in Node. No request is made before a file is asked for. */
export async function openWebInNode(
  url: URL,
  { cacheDir, environment = {}, fetch: givenFetch = fetch, localFilesOnly, retry }: OpenRepositoryOptions,
): Promise<Repository> {
  const patience = metadataPatience(environment);
  const folder = new WebFolder(url, { fetch: givenFetch, patience, redirects: "here" });
  return new WebRepository({
    folder,
    store: new UrlCache(resolveUrlCache(cacheDir, environment), folder.name),
    offline: isOffline(localFilesOnly, environment),
    downloadPatience: downloadPatience(environment),
    retry: resolveRetryPolicy(retry),
  });
}
