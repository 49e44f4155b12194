import { withRetries } from "../http/retry.ts";
import type { RetryPolicy } from "../http/retry-policy.ts";
import type { HubClient } from "./hub-client.ts";
import { type HubQuestion, toHubFailure } from "./hub-failure.ts";

/** What the Hub says, and how. */
export interface JsonAnswer {
  readonly value: unknown;
  readonly status: number;
  readonly headers: Headers;
}

/** What is asked, and how patiently; as patiently as the client by default. */
export interface JsonQuestion extends Pick<HubQuestion, "id" | "revision"> {
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
}

/**
 * Asks the Hub about a repository. A request that fails because the server is out of reach or out of order is made
 * again.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export function fetchJson(client: HubClient, url: URL, question: JsonQuestion): Promise<JsonAnswer> {
  const { id, revision, signal, retry = client.retry } = question;
  const { endpoint, hasToken, metadataPatience } = client;
  const ask = async (): Promise<JsonAnswer> => {
    const answer = await client.send(url, { signal });
    if (answer.status !== 200) {
      await answer.discard();
      throw toHubFailure(answer, { id, revision, endpoint, hasToken });
    }
    return { value: await answer.json(metadataPatience), status: answer.status, headers: answer.headers };
  };
  return withRetries(ask, retry, signal);
}
