import { OnestepError } from "@onestep/core";
import { isError } from "@onestep/core/internal";
import { ConnectionError } from "../errors.ts";
import {
  describeUrl,
  isCertificateFault,
  isCut,
  toConnectionError,
  toProtocolError,
} from "./connection-failure.ts";
import { HttpResponse } from "./response.ts";
import { RequestWatch, type Timeout } from "./timeout.ts";

const maximumRedirects = 10;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const repeatableRedirects = new Set([307, 308]);

/** A request and how to send it. */
export interface HttpRequest {
  readonly url: URL;
  /** `"GET"` by default. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Creates the body each time the request is sent. Must call `noteActivity` for every piece that the server accepts.
   * None by default.
   */
  readonly makeBody?: ((noteActivity: () => void) => BodyInit) | undefined;
  readonly fetch: typeof fetch;
  readonly timeout: Timeout;
  /** Sent only to this origin, wherever redirects lead. */
  readonly authorization?: { readonly origin: string; readonly token: string } | undefined;
  /**
   * Who follows redirects. `"here"`: each one is followed manually, and `onRedirect` sees its headers. `"fetch"`: the
   * platform follows them; this is required in browsers, which hide the headers of redirects and drop the token
   * themselves when the origin changes. `"nobody"`: a redirect is an error, so Node's `fetch` does not keep a copy of
   * the body.
   */
  readonly redirects: "here" | "fetch" | "nobody";
  /**
   * Called for every redirect before following it; `false` stops there and returns the redirect itself as the response.
   */
  readonly onRedirect?: (from: URL, headers: Headers, to: URL) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a request and waits for the head of the response, whatever its status. A redirect that would turn another method
 * into GET (301, 302, 303) is not followed.
 *
 * @throws ConnectionError if there is no response; the reason of `signal` if it is aborted.
 */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  let url = request.url;
  for (let count = 0; count <= maximumRedirects; count += 1) {
    const response = await sendOnce(request, url);
    const target = request.redirects === "here" ? redirectTarget(response, request.method) : undefined;
    if (target === undefined || request.onRedirect?.(url, response.headers, target) === false)
      return response;
    await response.discard();
    url = target;
  }
  throw new ConnectionError(
    {
      subject: describeUrl(request.url),
      found: `more than ${maximumRedirects} redirects`,
      expected: "a response from the server",
      remedy: "Check the address (HF_ENDPOINT).",
      summary: `${describeUrl(request.url)} redirects more than ${maximumRedirects} times.`,
    },
    { retry: "never" },
  );
}

async function sendOnce(request: HttpRequest, url: URL): Promise<HttpResponse> {
  const watch = new RequestWatch(url, request.signal);
  const headers = new Headers(request.headers);
  // Detached from its object: browsers reject `fetch` when called as a method.
  const { authorization, fetch, makeBody, method = "GET", redirects } = request;
  if (authorization !== undefined && authorization.origin === url.origin) {
    headers.set("Authorization", `Bearer ${authorization.token}`);
  }
  const body = makeBody === undefined ? {} : { body: makeBody(() => watch.noteActivity()) };
  try {
    const sent = fetch(url, { method, headers, ...body, ...redirectModes[redirects], signal: watch.signal });
    const response = await watch.wait(sent, request.timeout);
    return new HttpResponse(response.url === "" ? url : new URL(response.url), response, watch);
  } catch (error) {
    const silenceOrAbort = watch.signal.aborted;
    watch.end();
    if (silenceOrAbort || OnestepError.isInstance(error)) throw error;
    throw await explainFailure(url, error, request);
  }
}

/** Without a `window`, and only where redirects are errors, Node's `fetch` does not keep the body in memory. */
const redirectModes = {
  here: { redirect: "manual" },
  fetch: { redirect: "follow" },
  nobody: { redirect: "error", window: null },
} as const;

function redirectTarget(response: HttpResponse, method = "GET"): URL | undefined {
  const location = response.headers.get("Location");
  const statuses = method === "GET" ? redirectStatuses : repeatableRedirects;
  if (!statuses.has(response.status) || location === null) return undefined;
  if (!URL.canParse(location, response.url)) return undefined;
  const target = new URL(location, response.url);
  return target.protocol === "http:" || target.protocol === "https:" ? target : undefined;
}

const probeMilliseconds = 3000;

/** What sent the request that failed. */
interface FailedRequest {
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * Converts an error from `fetch` to a typed error. If a server closed an unencrypted connection without a response,
 * this checks whether it speaks TLS on that port: a retry would not help then.
 */
export async function explainFailure(
  url: URL,
  cause: unknown,
  { fetch, signal }: FailedRequest,
): Promise<ConnectionError> {
  const error = toConnectionError(url, cause, { fetch });
  const mayBeTls = url.protocol === "http:" && url.port !== "" && isCut(error) && !hasRead(cause);
  if (!mayBeTls || !(await speaksTls(url, fetch, signal ?? undefined))) return error;
  return toProtocolError(url, cause);
}

/** Whether the connection received anything, which means that the server speaks HTTP. */
function hasRead(cause: unknown): boolean {
  for (let error = cause, depth = 0; isError(error) && depth < 5; error = error.cause, depth += 1) {
    if ("socket" in error && typeof error.socket === "object" && error.socket !== null) {
      return "bytesRead" in error.socket && error.socket.bytesRead !== 0;
    }
  }
  return false;
}

async function speaksTls(url: URL, send: typeof fetch, signal: AbortSignal | undefined): Promise<boolean> {
  const secure = new URL(url);
  secure.protocol = "https:";
  const timeout = AbortSignal.timeout(probeMilliseconds);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const response = await send(secure, { method: "HEAD", redirect: "manual", signal: either });
    await response.body?.cancel();
    return true;
  } catch (error) {
    return isCertificateFault(error);
  }
}
