import { ServerError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { type HttpRequest, sendRequest } from "../http/request.ts";
import { type HttpResponse, readLink } from "../http/response.ts";
import { type RetryPolicy, withRetries } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import { joinEndpoint } from "../settings.ts";
import { type RequestTarget, toHubFailure } from "./failure.ts";
import { isCommit, isSafeFile, type ListedFile, parseListedFile } from "./listing.ts";

/** How to talk to one endpoint. */
interface HubClientOptions {
  readonly endpoint: URL;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly redirects: "here" | "fetch";
  /** For responses about files: `HF_HUB_ETAG_TIMEOUT`. */
  readonly metadataTimeout: Timeout;
  /** For the files themselves, between one chunk and the next: `HF_HUB_DOWNLOAD_TIMEOUT`. */
  readonly downloadTimeout: Timeout;
  readonly retry: RetryPolicy;
}

/** Options of a request. */
type HubRequestOptions = Pick<HttpRequest, "headers" | "onRedirect" | "signal">;

/** Sends requests to one endpoint. The token is sent only to the endpoint's own origin. */
export class HubClient {
  readonly endpoint: URL;
  readonly hasToken: boolean;
  readonly metadataTimeout: Timeout;
  readonly downloadTimeout: Timeout;
  readonly retry: RetryPolicy;
  readonly #options: HubClientOptions;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    this.hasToken = options.token !== undefined;
    this.metadataTimeout = options.metadataTimeout;
    this.downloadTimeout = options.downloadTimeout;
    this.retry = options.retry;
  }

  /** What a response of the endpoint depends on, in addition to the request: see `SharedTasks`. */
  get caller(): readonly unknown[] {
    const { downloadTimeout, endpoint, fetch, metadataTimeout, retry, token } = this.#options;
    const { baseWaitTime, maxRetries, maxWaitTime } = retry;
    const timeouts = [metadataTimeout.seconds, downloadTimeout.seconds];
    return [endpoint.href, token, fetch, maxRetries, baseWaitTime, maxWaitTime, ...timeouts];
  }

  /** The URL of a path below the endpoint; `path` starts with a slash. */
  url(path: string): URL {
    return joinEndpoint(this.endpoint, path);
  }

  /** Whether a URL has the endpoint's own origin, so that its headers can be trusted. */
  isOwn(url: URL): boolean {
    return url.origin === this.endpoint.origin;
  }

  /** Sends a GET request to any URL, once. The response may be of any status. */
  send(url: URL, options: HubRequestOptions = {}): Promise<HttpResponse> {
    const { fetch, redirects, token } = this.#options;
    const authorization = token === undefined ? undefined : { origin: this.endpoint.origin, token };
    return sendRequest({
      ...options,
      url,
      fetch,
      redirects,
      authorization,
      timeout: this.metadataTimeout,
    });
  }

  /** A `fetch` for other code: it adds the token for the endpoint only, and stops on the signal. */
  fetchWithin(signal: AbortSignal): typeof fetch {
    return (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init?.headers);
      const { fetch, token } = this.#options;
      if (token !== undefined && this.isOwn(url)) headers.set("Authorization", `Bearer ${token}`);
      return fetch(input, { ...init, headers, signal });
    };
  }
}

/** A JSON response with its status and headers. */
interface JsonResponse {
  readonly value: unknown;
  readonly status: number;
  readonly headers: Headers;
}

/** A request for JSON, and its retries; those of the client by default. */
interface JsonRequest extends Pick<RequestTarget, "id" | "revision"> {
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
}

/**
 * Asks the Hub about a repository. The request is retried if the server is unreachable or failing.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
function fetchJson(client: HubClient, url: URL, request: JsonRequest): Promise<JsonResponse> {
  const { id, revision, signal, retry = client.retry } = request;
  const { endpoint, hasToken, metadataTimeout } = client;
  const ask = async (): Promise<JsonResponse> => {
    const response = await client.send(url, { signal });
    if (response.status !== 200) {
      await response.discard();
      throw toHubFailure(response, { id, revision, endpoint, hasToken });
    }
    return {
      value: await response.json(metadataTimeout),
      status: response.status,
      headers: response.headers,
    };
  };
  return withRetries(ask, retry, signal);
}

/**
 * Asks which commit a branch, a tag or a short commit hash stands for.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function resolveRevision(client: HubClient, request: JsonRequest): Promise<string> {
  const { id, revision } = request;
  const url = client.url(`/api/models/${id}/revision/${encodeURIComponent(revision)}`);
  const { status, value: info } = await fetchJson(client, url, request);
  const commit = typeof info === "object" && info !== null && "sha" in info ? info.sha : undefined;
  if (typeof commit === "string" && isCommit(commit)) return commit;
  throw new ServerError(
    {
      subject: `revision ${revision} of ${id}`,
      found: commit === undefined ? "no commit in the response" : `the commit ${JSON.stringify(commit)}`,
      expected: "40 hexadecimal digits",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status },
  );
}

const maximumPages = 10_000;

/** The files of a commit by path. */
export type RepositoryListing = ReadonlyMap<string, ListedFile>;

/** Which commit to list. */
interface ListingRequest extends Omit<JsonRequest, "revision"> {
  readonly commit: string;
}

/**
 * Lists the files of a commit: the tree endpoint, page after page as its `Link` headers say.
 *
 * Entries that are not files, and files whose path leads out of the repository, are left out.
 *
 * @throws RepositoryNotFoundError, GatedRepositoryError, InvalidTokenError, RevisionNotFoundError, ServerError,
 * ConnectionError.
 */
export async function fetchListing(
  client: HubClient,
  { id, commit, ...options }: ListingRequest,
): Promise<RepositoryListing> {
  const listing = new Map<string, ListedFile>();
  let url: URL | undefined = client.url(`/api/models/${id}/tree/${commit}?recursive=true&expand=false`);
  for (let page = 0; url !== undefined; page += 1) {
    const { headers, value: entries } = await fetchJson(client, url, { ...options, id, revision: commit });
    if (!Array.isArray(entries) || page >= maximumPages) {
      throw badListing(url, Array.isArray(entries) ? `more than ${maximumPages} pages` : "no list of files");
    }
    for (const entry of entries.filter(isSafeFile)) {
      const file = parseListedFile(entry);
      if (file === undefined) throw badListing(url, "an entry without a path, a size or an object id");
      listing.set(file.path, file);
    }
    url = nextPage(url, headers);
  }
  return listing;
}

/** The next page, always on the endpoint itself, even if a mirror passes on the Hub's own URL. */
function nextPage(url: URL, headers: Headers): URL | undefined {
  const target = readLink(headers.get("Link"), "next");
  if (target === undefined) return undefined;
  if (!URL.canParse(target, url)) throw badListing(url, "a next page without a valid address");
  const next = new URL(target, url);
  const cursor = next.searchParams.get("cursor");
  if (cursor === null || cursor === url.searchParams.get("cursor")) {
    throw badListing(url, "a next page without a new cursor");
  }
  const own = new URL(url);
  own.search = next.search;
  return own;
}

function badListing(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "the list of a repository's files",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}
