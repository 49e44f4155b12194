import { InvalidArgumentError, warn } from "@onestep/core";
import { downloadPatience, isOffline, metadataPatience, xetFromBytes } from "../environment/hub-settings.ts";
import { isOutage } from "../errors/is-outage.ts";
import { OfflineError } from "../errors/offline-error.ts";
import { noRetries, resolveRetryPolicy } from "../http/retry-policy.ts";
import { HubClient } from "../hub-api/hub-client.ts";
import { isCommit } from "../hub-api/object-id.ts";
import { resolveRevision } from "../hub-api/resolve-revision.ts";
import type { HubRequest } from "../platform/platform.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { findPathFault } from "../source/repository-path.ts";
import { resolveHubCache } from "./cache-folders.ts";
import { HubCache } from "./hub-cache.ts";
import { HubRepository } from "./hub-repository.ts";
import { resolveToken } from "./token.ts";

/**
 * Opens a repository of the Hub in Node. The revision is resolved to a commit here, once; where the endpoint cannot be
 * reached, or fails, and the revision is in the cache, that commit is used with a warning.
 */
export async function openHubRepository(
  request: HubRequest,
  options: OpenRepositoryOptions,
): Promise<Repository> {
  const { environment, id } = request;
  const revision = checkRevision(request.revision);
  const cache = new HubCache(resolveHubCache(options.cacheDir, environment), id);
  const common = { id, revision, cache, xetFromBytes: xetFromBytes(environment) };
  if (isOffline(options.localFilesOnly, environment)) {
    const commit = await cache.readCommit(revision);
    if (commit === undefined) throw notCached(cache, id, revision);
    return new HubRepository({ ...common, commit, client: undefined, unreachable: undefined });
  }
  const client = await makeClient(request, options);
  if (isCommit(revision)) {
    return new HubRepository({ ...common, commit: revision, client, unreachable: undefined });
  }
  const cached = await cache.readCommit(revision);
  // Where there is a copy to fall back on, one try is enough.
  const retry = cached === undefined ? client.retry : noRetries;
  try {
    const commit = await resolveRevision(client, { id, revision, signal: options.signal, retry });
    return new HubRepository({ ...common, commit, client, unreachable: undefined });
  } catch (error) {
    if (!isOutage(error) || cached === undefined) throw error;
    warn(`${error.message} The copy of ${id} in the cache is used (${revision}, commit ${cached}).`);
    return new HubRepository({ ...common, commit: cached, client, unreachable: error });
  }
}

async function makeClient(
  { endpoint, environment }: HubRequest,
  options: OpenRepositoryOptions,
): Promise<HubClient> {
  return new HubClient({
    endpoint,
    token: await resolveToken(options.token, environment),
    fetch: options.fetch ?? fetch,
    redirects: "here",
    metadataPatience: metadataPatience(environment),
    downloadPatience: downloadPatience(environment),
    retry: resolveRetryPolicy(options.retry),
  });
}

/** A revision becomes the name of a file in the cache. */
function checkRevision(revision: string): string {
  const fault = findPathFault(revision);
  if (fault === undefined) return revision;
  throw new InvalidArgumentError({
    subject: "option revision",
    found: `${JSON.stringify(revision)}, which ${fault}`,
    expected: "the name of a branch or tag, or a commit",
    remedy: "Correct it, or leave it out for the branch main.",
  });
}

function notCached(cache: HubCache, id: string, revision: string): OfflineError {
  return new OfflineError({
    subject: `${id} at ${revision}`,
    found: `nothing in the cache folder ${cache.cacheFolder}`,
    expected: "the repository, since requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)",
    remedy: "Fetch it once with a connection, or name the cache folder that has it (option cacheDir).",
  });
}
