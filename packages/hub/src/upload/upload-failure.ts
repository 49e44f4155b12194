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
import { type HttpResponse, readRetryAfter } from "../http/response.ts";
import { page, quoteServer, type RequestTarget, toHubFailure } from "../hub-api/failure.ts";

/** What a user who uploads again can rely on. */
export const whatStays = "large files that have arrived are not sent again";

const rejections = new Set([400, 402, 405, 411, 413, 415, 422]);

/**
 * Makes an answer to a request of an upload that is not a success into a typed error.
 *
 * @param body - What the answer says, as far as it was read.
 * @param question - What is being changed.
 */
export function toUploadFailure(answer: HttpResponse, body: string, target: RequestTarget): HubError {
  const { id, endpoint } = target;
  const { status } = answer;
  // The storage for large files is another host, with errors of its own kind.
  if (answer.url.origin !== endpoint.origin) return toServerError(answer, `HTTP ${status}`);
  const found = `HTTP ${status}${quoteServer(answer.headers.get("X-Error-Message") ?? readMessage(body))}`;
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
  return status === 404 || status === 410 ? toHubFailure(answer, target) : toServerError(answer, found);
}

/** Rephrases a connection error for an upload. */
export function toInterruption(error: ConnectionError, remedy: string): ConnectionError {
  const { cause, problem, retry } = error;
  if (problem === undefined) return error;
  return new ConnectionError({ ...problem, remedy }, { cause, retry });
}

function toServerError(answer: HttpResponse, found: string): ServerError {
  const { status } = answer;
  const retryAfterSeconds = readRetryAfter(answer.headers, Date.now());
  const when = retryAfterSeconds === undefined ? "later" : `in ${retryAfterSeconds} s`;
  return new ServerError(
    {
      subject: describeUrl(answer.url),
      found: status === 429 ? `${found} (too many requests)` : found,
      expected: "a successful answer",
      remedy: `Upload again ${when}; ${whatStays}.`,
    },
    { status, retryAfterSeconds },
  );
}

/** The message in a JSON body, as the Hub words its errors. */
function readMessage(body: string): string | null {
  try {
    const json: unknown = JSON.parse(body);
    const message = typeof json === "object" && json !== null && "error" in json ? json.error : undefined;
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
