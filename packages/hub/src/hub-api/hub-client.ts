import { joinEndpoint } from "../environment/endpoint.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { Patience } from "../http/request-watch.ts";
import type { RetryPolicy } from "../http/retry-policy.ts";
import { type HttpRequest, sendRequest } from "../http/send-request.ts";

/** How to talk to one endpoint. */
export interface HubClientOptions {
  readonly endpoint: URL;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly redirects: "here" | "fetch";
  /** For answers about files: `HF_HUB_ETAG_TIMEOUT`. */
  readonly metadataPatience: Patience;
  /** For the files themselves, between one piece and the next: `HF_HUB_DOWNLOAD_TIMEOUT`. */
  readonly downloadPatience: Patience;
  readonly retry: RetryPolicy;
}

/** What a request may add. */
export type HubRequestOptions = Pick<HttpRequest, "headers" | "onRedirect" | "signal">;

/** Sends requests to one endpoint, with the token, which goes to the endpoint's own origin and to no other. */
export class HubClient {
  readonly endpoint: URL;
  readonly hasToken: boolean;
  readonly metadataPatience: Patience;
  readonly downloadPatience: Patience;
  readonly retry: RetryPolicy;
  readonly #options: HubClientOptions;

  constructor(options: HubClientOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    this.hasToken = options.token !== undefined;
    this.metadataPatience = options.metadataPatience;
    this.downloadPatience = options.downloadPatience;
    this.retry = options.retry;
  }

  /** What an answer of the endpoint depends on, besides the question: see `SharedTasks`. */
  get caller(): readonly unknown[] {
    const { downloadPatience, endpoint, fetch, metadataPatience, retry, token } = this.#options;
    const { baseWaitTime, maxRetries, maxWaitTime } = retry;
    const patience = [metadataPatience.seconds, downloadPatience.seconds];
    return [endpoint.href, token, fetch, maxRetries, baseWaitTime, maxWaitTime, ...patience];
  }

  /** The URL of something below the endpoint; `path` starts with a slash. */
  url(path: string): URL {
    return joinEndpoint(this.endpoint, path);
  }

  /** Whether a URL is of the endpoint's own origin, so that its headers speak for the endpoint. */
  isOwn(url: URL): boolean {
    return url.origin === this.endpoint.origin;
  }

  /** Sends a GET request to any URL, once. The answer may be of any status. */
  send(url: URL, options: HubRequestOptions = {}): Promise<HttpAnswer> {
    const { fetch, redirects, token } = this.#options;
    const authorization = token === undefined ? undefined : { origin: this.endpoint.origin, token };
    return sendRequest({
      ...options,
      url,
      fetch,
      redirects,
      authorization,
      patience: this.metadataPatience,
    });
  }

  /** A `fetch` for other code: it adds the token for the endpoint alone, and ends when the signal says so. */
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
