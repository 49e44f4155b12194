import {
  EntryNotFoundError,
  GatedRepositoryError,
  type HubError,
  InvalidTokenError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  ServerError,
} from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { type HttpResponse, readRetryAfter } from "../http/response.ts";

/** What was requested when the Hub responded with a failure. */
export interface RequestTarget {
  readonly id: string;
  readonly revision: string;
  /** The file, if one was requested. */
  readonly path?: string;
  readonly endpoint: URL;
  readonly hasToken: boolean;
}

const notFoundOrPrivate =
  "Check the spelling. If the repository is private, pass a token that opens it (option token, or HF_TOKEN).";

/**
 * Converts an unsuccessful response to a typed error, using its status and the header `X-Error-Code`, as
 * huggingface_hub 2.0 does (`utils/_http.py`, `hf_raise_for_status`).
 */
export function toHubFailure(response: HttpResponse, target: RequestTarget): HubError {
  const { id, revision, endpoint } = target;
  const { status } = response;
  const isElsewhere = response.url.origin !== endpoint.origin;
  const hasToken = target.hasToken && !isElsewhere;
  const access = target.hasToken && isElsewhere ? tokenStayed(response.url) : notFoundOrPrivate;
  const errorCode = response.headers.get("X-Error-Code");
  const message = quoteServer(response.headers.get("X-Error-Message"));
  const found = `HTTP ${status}${message}`;
  const repository = `repository ${id} at ${describeUrl(endpoint)}`;

  if (errorCode === "RevisionNotFound") {
    return new RevisionNotFoundError({
      subject: `revision ${revision} of ${id}`,
      found,
      expected: "a branch, a tag or a commit",
      remedy: "Check the option revision against the branches and tags on the repository's page.",
    });
  }
  if (errorCode === "EntryNotFound") return entryNotFound(target, found);
  const isCredentialsFault = message.includes("Invalid credentials");
  if (status === 401 && hasToken && (errorCode === null || isCredentialsFault)) {
    return new InvalidTokenError({
      subject: `access token for ${describeUrl(endpoint)}`,
      found,
      expected: "a token that the endpoint accepts",
      remedy: `Renew it at ${page(endpoint, "settings/tokens")}, or pass token: false for a public repository.`,
    });
  }
  if (message.includes("Access to this resource is disabled")) {
    return new RepositoryNotFoundError({
      subject: repository,
      found,
      expected: "a repository that can be read",
      remedy: "The Hub has switched it off; look for another copy of the model.",
    });
  }
  if (errorCode === "GatedRepo" || (status === 403 && errorCode === null)) {
    return new GatedRepositoryError({
      subject: repository,
      found,
      expected: "access to its files",
      remedy: `Accept its licence at ${page(endpoint, id)}, then pass a token of that account (option token, or HF_TOKEN).`,
    });
  }
  if (errorCode === "RepoNotFound" || status === 401) {
    return new RepositoryNotFoundError({
      subject: repository,
      found,
      expected: "a repository that can be read",
      remedy: access,
    });
  }
  if (status === 404 || status === 410) {
    if (target.path !== undefined) return entryNotFound(target, found);
    return new RepositoryNotFoundError({
      subject: repository,
      found,
      expected: "a repository",
      remedy: access,
    });
  }
  return toServerFailure(response, found);
}

function tokenStayed({ origin }: URL): string {
  return `The endpoint redirects to ${origin}, where its token is not sent: if the repository is private, name that host as the endpoint (HF_ENDPOINT).`;
}

/**
 * The error for a response that says nothing about the repository, only about the server.
 *
 * @param remedy - What to do; `when` is `later`, or what the server says (`in 30 s`).
 */
export function toServerFailure(
  response: HttpResponse,
  found: string = `HTTP ${response.status}`,
  remedy: (when: string) => string = (when) =>
    response.status === 429 || response.status >= 500
      ? `Try again ${when}; pass localFilesOnly: true to use only what is cached.`
      : "Check the address and what it is allowed to serve.",
): ServerError {
  const retryAfterSeconds = readRetryAfter(response.headers, Date.now());
  return new ServerError(
    {
      subject: describeUrl(response.url),
      found: response.status === 429 ? `${found} (too many requests)` : found,
      expected: "a successful response",
      remedy: remedy(retryAfterSeconds === undefined ? "later" : `in ${retryAfterSeconds} s`),
    },
    { status: response.status, retryAfterSeconds },
  );
}

function entryNotFound(target: RequestTarget, found: string): EntryNotFoundError {
  return new EntryNotFoundError({
    subject: `${target.path ?? "entry"} in ${target.id} at ${target.revision}`,
    found,
    expected: "a file",
    remedy: "Check the path, the subfolder and the revision.",
  });
}

/** The URL of a page of the endpoint. */
export function page(endpoint: URL, path: string): string {
  return `${describeUrl(endpoint).replace(/\/+$/, "")}/${path}`;
}

/** The server's own message, truncated and without control characters. */
export function quoteServer(message: string | null): string {
  if (message === null || message === "") return "";
  return ` ("${message.replace(/[^\x20-\x7e]/g, "?").slice(0, 200)}")`;
}
