import { EntryNotFoundError } from "../errors/entry-not-found-error.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { Patience } from "../http/request-watch.ts";
import type { RetryPolicy } from "../http/retry-policy.ts";
import type { HubClient } from "../hub-api/hub-client.ts";
import { toHubFailure } from "../hub-api/hub-failure.ts";
import { fetchListing } from "../hub-api/repository-listing.ts";
import { fileUrl } from "../hub-api/request-file.ts";
import type { WebFolder } from "../web/web-folder.ts";
import { RangeRepository } from "./range-repository.ts";

/** A commit of a repository of the Hub. */
export interface HubCommit {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
}

/** A repository of the Hub that is read in place. */
export function hubInPlace(client: HubClient, { id, revision, commit }: HubCommit): RangeRepository {
  const { downloadPatience: patience, endpoint, hasToken, retry } = client;
  const ask = async (path: string, range: string, signal: AbortSignal | undefined) => {
    const url = fileUrl(client, { id, commit, path });
    const answer = await client.send(url, { headers: { Range: range }, signal });
    if ([200, 206, 416].includes(answer.status)) return answer;
    await answer.discard();
    const failure = toHubFailure(answer, { id, revision, path, endpoint, hasToken });
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

/** A folder on a web server that is read in place. No request is made before a file is asked for. */
export function webInPlace(
  folder: WebFolder,
  { patience, retry }: { readonly patience: Patience; readonly retry: RetryPolicy },
): RangeRepository {
  const ask = async (
    path: string,
    range: string,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer | undefined> => {
    const answer = await folder.request(path, { headers: { Range: range }, signal });
    return "missing" in answer ? undefined : answer;
  };
  return new RangeRepository({
    name: folder.name,
    commit: undefined,
    list: async () => undefined,
    source: (path) => ({ path, patience, retry, request: (range, signal) => ask(path, range, signal) }),
  });
}
