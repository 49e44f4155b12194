import { OnestepError } from "@onestep/core";
import { errorMessage } from "@onestep/core/internal";
import {
  ConflictError,
  ConnectionError,
  type HubError,
  InvalidTokenError,
  PermissionDeniedError,
  ServerError,
  UploadRejectedError,
} from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { sendRequest } from "../http/request.ts";
import { type HttpResponse, readBytes } from "../http/response.ts";
import { noRetries, type RetryPolicy, withRetries } from "../http/retry.ts";
import type { Timeout } from "../http/timeout.ts";
import { page, quoteServer, type RequestTarget, toHubFailure, toServerFailure } from "../hub-api/failure.ts";
import { joinEndpoint } from "../settings.ts";
import { SourceBlob } from "./source-blob.node.ts";

const maximumResponseBytes = 16 * 1024 * 1024;
const statusesWithoutBody = new Set([204, 205, 304]);
const hubOrigin = "https://huggingface.co";

/** How to reach the endpoint, and the storage for large files that it specifies. */
export interface UploadClientOptions {
  readonly fetch: typeof fetch;
  readonly token: string;
  /** How long the endpoint or the storage may stay silent. */
  readonly timeout: Timeout;
  readonly retry: RetryPolicy;
  /** What is being changed, for messages. */
  readonly target: RequestTarget;
  /** Called with the number of bytes of a file that have been sent; negative for bytes that will be sent again. */
  readonly onSent?: ((path: string, bytes: number) => void) | undefined;
}

/** What the functions of @huggingface/hub take. */
interface LibraryParameters {
  readonly hubUrl: string;
  readonly accessToken: `hf_${string}`;
  readonly fetch: typeof fetch;
}

/**
 * Sends the requests of an upload, most of which @huggingface/hub makes. The token goes to the endpoint's own origin and
 * to no other. A request is retried if the server is unreachable or failing, and ends if it stays silent.
 * Redirects are followed by hand. Whatever is not a success becomes a typed error.
 */
export class UploadClient {
  readonly endpoint: URL;
  readonly retry: RetryPolicy;
  readonly #options: UploadClientOptions;

  constructor(options: UploadClientOptions) {
    this.#options = options;
    this.endpoint = options.target.endpoint;
    this.retry = options.retry;
  }

  /**
   * Calls a function of @huggingface/hub, which is loaded when it is first needed.
   *
   * @throws HubError: those of {@link send}, and ServerError if the library cannot make sense of a response.
   */
  async call<Result>(
    work: (library: typeof import("@huggingface/hub"), parameters: LibraryParameters) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const library = await import("@huggingface/hub");
    const send: typeof fetch = (input, init) => this.send(input, { ...init, signal: signal ?? null });
    try {
      return await work(library, this.parameters(send));
    } catch (error) {
      signal?.throwIfAborted();
      throw OnestepError.isInstance(error) ? error : this.unexpected(error);
    }
  }

  /** Parameters for functions of @huggingface/hub. It takes tokens of one form alone, and is not given the token. */
  parameters(send: typeof fetch): LibraryParameters {
    return { hubUrl: describeUrl(this.endpoint).replace(/\/+$/, ""), accessToken: "hf_", fetch: send };
  }

  /**
   * Sends a request. A URL of the Hub itself is requested from the endpoint, if that is a mirror that passes the URL on.
   *
   * @returns The response, with its complete body.
   * @throws HubError; what reading a file that is sent throws; the reason of the signal in `init`.
   */
  async send(
    input: Parameters<typeof fetch>[0],
    init: RequestInit,
    { repeats = true }: { readonly repeats?: boolean } = {},
  ): Promise<Response> {
    const url = this.#resolve(input instanceof Request ? input.url : `${input}`);
    const { signal } = init;
    try {
      return await withRetries(
        () => this.#sendOnce(url, init),
        repeats ? this.retry : noRetries,
        signal ?? undefined,
      );
    } catch (error) {
      if (!ConnectionError.isInstance(error) || error.problem === undefined) throw error;
      const remedy = repeats ? this.#restartable(error) : this.#doubtful();
      throw new ConnectionError({ ...error.problem, remedy }, { cause: error.cause, retry: error.retry });
    }
  }

  /** The error for a malformed response: what is wrong with it, or what @huggingface/hub threw. */
  unexpected(cause: unknown): ServerError {
    return new ServerError(
      {
        subject: describeUrl(this.endpoint),
        found:
          typeof cause === "string"
            ? cause
            : `a response that @huggingface/hub cannot use (${errorMessage(cause)})`,
        expected: "responses as the Hub gives them",
        remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it, and that no proxy is in the way.",
      },
      { status: 200, cause },
    );
  }

  #resolve(address: string): URL {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
      throw this.unexpected("an address that is not an http(s) URL");
    }
    const isMirrored = url.origin === hubOrigin && this.endpoint.origin !== hubOrigin;
    return isMirrored ? joinEndpoint(this.endpoint, url.pathname + url.search) : url;
  }

  /** The remedy if there is no response to a request that must not be repeated. */
  #doubtful(): string {
    const { endpoint, id } = this.#options.target;
    return `It may have been done nevertheless: look at ${page(endpoint, id)} before you upload again.`;
  }

  #restartable(error: ConnectionError): string {
    const isSilence = error.problem?.found.startsWith("no data") === true;
    const timeout = isSilence ? ` Set ${this.#options.timeout.variable} to wait for longer.` : "";
    return `Check the network, the proxy and the address (HF_ENDPOINT), and upload again; ${whatStays}.${timeout}`;
  }

  async #sendOnce(url: URL, init: RequestInit): Promise<Response> {
    const { fetch, onSent, target, timeout, token } = this.#options;
    const { body, method, signal } = init;
    const headers = new Headers(init.headers);
    headers.delete("Authorization");
    let sentBytes = 0;
    let file: SourceBlob | undefined;
    const makeBody = (noteActivity: () => void): BodyInit => {
      if (!(body instanceof SourceBlob)) return body ?? "";
      file = body.watched((bytes) => {
        sentBytes += bytes;
        noteActivity();
        onSent?.(body.path, bytes);
      });
      return file;
    };
    try {
      const response = await sendRequest({
        url,
        method,
        headers: Object.fromEntries(headers),
        makeBody: body === undefined || body === null ? undefined : makeBody,
        fetch,
        timeout,
        authorization: { origin: this.endpoint.origin, token },
        redirects: body instanceof SourceBlob ? "nobody" : "here",
        signal: signal ?? undefined,
      });
      const text = await readText(response, timeout);
      if (response.status < 200 || response.status > 299) throw toUploadFailure(response, text, target);
      return new Response(statusesWithoutBody.has(response.status) ? null : text, {
        status: response.status,
        headers: response.headers,
      });
    } catch (error) {
      if (body instanceof SourceBlob) onSent?.(body.path, -sentBytes);
      throw file?.failure ?? error;
    }
  }
}

async function readText(response: HttpResponse, timeout: Timeout): Promise<string> {
  const bytes = await readBytes(response, maximumResponseBytes, timeout);
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  throw new ServerError(
    {
      subject: describeUrl(response.url),
      found: `a response of more than ${maximumResponseBytes} bytes`,
      expected: "a short response, as the Hub gives",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: response.status },
  );
}

/** What helps a user who retries an upload. */
const whatStays = "large files that have arrived are not sent again";

const rejections = new Set([400, 402, 405, 411, 413, 415, 422]);

/** Converts an unsuccessful response to a typed error. `body` is its text. */
function toUploadFailure(response: HttpResponse, body: string, target: RequestTarget): HubError {
  const { id, endpoint } = target;
  const { status } = response;
  // The storage for large files is another host, with other errors.
  if (response.url.origin !== endpoint.origin) return toServerError(response, `HTTP ${status}`);
  const found = `HTTP ${status}${quoteServer(response.headers.get("X-Error-Message") ?? readMessage(body))}`;
  const subject = `upload to ${id} at ${describeUrl(endpoint)}`;
  if (status === 401) {
    return new InvalidTokenError({
      subject: `access token for ${describeUrl(endpoint)}`,
      found,
      expected: "a token that the endpoint accepts",
      remedy: `Renew it at ${page(endpoint, "settings/tokens")}.`,
    });
  }
  if (status === 403) {
    return new PermissionDeniedError({
      subject,
      found,
      expected: "a token that may write there",
      remedy: `Make a token with write access at ${page(endpoint, "settings/tokens")}, or upload under your own name.`,
    });
  }
  if (status === 409 || status === 412) {
    return new ConflictError({
      subject,
      found,
      expected: "a repository that nobody else changes meanwhile",
      remedy: `Look at what has changed there, and upload again; ${whatStays}.`,
    });
  }
  if (rejections.has(status)) {
    return new UploadRejectedError({
      subject,
      found,
      expected: "an endpoint that takes it",
      remedy:
        status === 413
          ? "Divide the weights into smaller files (option maxShardSize), and upload again."
          : "Correct what it objects to, and upload again.",
    });
  }
  return status === 404 || status === 410 ? toHubFailure(response, target) : toServerError(response, found);
}

function toServerError(response: HttpResponse, found: string): ServerError {
  return toServerFailure(response, found, (when) => `Upload again ${when}; ${whatStays}.`);
}

/** The message in the JSON body of an error of the Hub. */
function readMessage(body: string): string | null {
  try {
    const json: unknown = JSON.parse(body);
    const message = typeof json === "object" && json !== null && "error" in json ? json.error : undefined;
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
