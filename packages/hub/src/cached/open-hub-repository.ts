import { InvalidArgumentError, warn } from "@onestep/core";
import { isOffline } from "../environment/hub-settings.ts";
import { leavesCopyInUse } from "../errors/is-outage.ts";
import { OfflineError } from "../errors/offline-error.ts";
import { noRetries } from "../http/retry-policy.ts";
import { retryWhenCut } from "../http/retry-when-cut.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { isCommit } from "../hub-api/object-id.ts";
import { resolveRevision } from "../hub-api/resolve-revision.ts";
import type { HubRequest } from "../platform/platform.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { findPathFault } from "../source/repository-path.ts";
import type { StartHubDownload } from "./hub-download.ts";
import { HubRepository } from "./hub-repository.ts";
import type { HubStore } from "./hub-store.ts";

/** What a platform brings along. */
export interface HubPlatform {
  readonly store: HubStore;
  /** Asked for where requests are allowed. */
  readonly makeClient: () => Promise<HubClient>;
  readonly startDownload: (client: HubClient) => StartHubDownload;
  /** See `HubRepositoryParts`. */
  readonly needsListing: boolean;
}

/**
 * Opens a repository of the Hub that is kept in a cache. The revision is resolved to a commit here, once; where the
 * endpoint cannot be reached, or fails, and the revision is in the cache, that commit is used with a warning.
 */
export async function openHubRepository(
  request: HubRequest,
  options: OpenRepositoryOptions,
  { makeClient, needsListing, startDownload, store }: HubPlatform,
): Promise<Repository> {
  const { environment, id } = request;
  const revision = checkRevision(request.revision);
  const { holdRevision = false } = options;
  const common = { id, revision, store, needsListing, holdRevision, unreachable: undefined };
  if (isOffline(options.localFilesOnly, environment)) {
    const commit = await store.readCommit(revision);
    if (commit === undefined) throw notCached(store, id, revision);
    return new HubRepository({
      ...common,
      commit,
      client: undefined,
      startDownload: async () => ({ isCertain: false }),
    });
  }
  const client = await makeClient();
  const connected = { ...common, client, startDownload: startDownload(client) };
  if (isCommit(revision)) return new HubRepository({ ...connected, commit: revision });
  const cached = await store.readCommit(revision);
  const question = { id, revision, signal: options.signal };
  try {
    const commit =
      cached === undefined
        ? await resolveRevision(client, question)
        : // Where there is a copy to fall back on, one try is enough.
          await retryWhenCut(() => resolveRevision(client, { ...question, retry: noRetries }));
    return new HubRepository({ ...connected, commit });
  } catch (error) {
    if (!leavesCopyInUse(error) || cached === undefined) throw error;
    warn(`${error.message} The copy of ${id} in the cache is used (${revision}, commit ${cached}).`);
    return new HubRepository({ ...connected, commit: cached, unreachable: error });
  }
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

function notCached(store: HubStore, id: string, revision: string): OfflineError {
  return new OfflineError({
    subject: `${id} at ${revision}`,
    found: `nothing in ${store.place}`,
    expected: "the repository, since requests are not allowed (localFilesOnly or HF_HUB_OFFLINE)",
    remedy: "Fetch it once with a connection, or name the cache folder that has it (option cacheDir).",
  });
}
