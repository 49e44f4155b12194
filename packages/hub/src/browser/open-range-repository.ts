import { UnsupportedError } from "@onestep/core";
import { cleanToken } from "../environment/clean-token.ts";
import { downloadPatience, metadataPatience } from "../environment/hub-settings.ts";
import { EntryNotFoundError } from "../errors/entry-not-found-error.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { resolveRetryPolicy } from "../http/retry-policy.ts";
import { HubClient } from "../hub-api/hub-client.ts";
import { toHubFailure } from "../hub-api/hub-failure.ts";
import { isCommit } from "../hub-api/object-id.ts";
import { fetchListing } from "../hub-api/repository-listing.ts";
import { fileUrl } from "../hub-api/request-file.ts";
import { resolveRevision } from "../hub-api/resolve-revision.ts";
import type { HubRequest } from "../platform/platform.ts";
import type { OpenRepositoryOptions, Repository } from "../repository.ts";
import { WebFolder } from "../web/web-folder.ts";
import { RangeRepository } from "./range-repository.ts";

/** Opens a repository of the Hub without a disk. The revision is resolved to a commit here, once. */
export async function openHubRanges(
  request: HubRequest,
  options: OpenRepositoryOptions,
): Promise<Repository> {
  refuseDiskOptions(options);
  const { endpoint, environment, id, revision } = request;
  const patience = downloadPatience(environment);
  const retry = resolveRetryPolicy(options.retry);
  const client = new HubClient({
    endpoint,
    token: cleanToken(options.token === false ? "" : (options.token ?? ""), "option token"),
    fetch: options.fetch ?? fetch,
    redirects: "fetch",
    metadataPatience: metadataPatience(environment),
    downloadPatience: patience,
    retry,
  });
  const { signal } = options;
  const commit = isCommit(revision) ? revision : await resolveRevision(client, { id, revision, signal });
  const ask = async (path: string, range: string, signal: AbortSignal | undefined) => {
    const answer = await client.send(fileUrl(client, { id, commit, path }), {
      headers: { Range: range },
      signal,
    });
    if ([200, 206, 416].includes(answer.status)) return answer;
    await answer.discard();
    const failure = toHubFailure(answer, { id, revision, path, endpoint, hasToken: client.hasToken });
    if (EntryNotFoundError.isInstance(failure)) return undefined;
    throw failure;
  };
  return new RangeRepository({
    name: id,
    commit,
    list: async (signal) => [...(await fetchListing(client, { id, commit, signal })).keys()],
    source: (path) => ({ path, patience, retry, request: (range, signal) => ask(path, range, signal) }),
  });
}

/** Opens a folder on a web server without a disk. No request is made before a file is asked for. */
export async function openWebRanges(url: URL, options: OpenRepositoryOptions): Promise<Repository> {
  refuseDiskOptions(options);
  const environment = options.environment ?? {};
  const patience = downloadPatience(environment);
  const retry = resolveRetryPolicy(options.retry);
  const folder = new WebFolder(url, {
    fetch: options.fetch ?? fetch,
    patience: metadataPatience(environment),
    redirects: "fetch",
  });
  const ask = (
    path: string,
    range: string,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer | undefined> => folder.request(path, { headers: { Range: range }, signal });
  return new RangeRepository({
    name: folder.name,
    commit: undefined,
    list: async () => undefined,
    source: (path) => ({ path, patience, retry, request: (range, signal) => ask(path, range, signal) }),
  });
}

/** There is no cache here yet, so what is asked of it cannot be done. */
function refuseDiskOptions({ cacheDir, localFilesOnly }: OpenRepositoryOptions): void {
  const option = cacheDir !== undefined ? "cacheDir" : localFilesOnly === true ? "localFilesOnly" : undefined;
  if (option === undefined) return;
  throw new UnsupportedError({
    subject: `option ${option}`,
    found: "a platform without a disk",
    expected: "Node, where there is a cache on disk",
    remedy: "Leave the option out in browsers.",
  });
}
