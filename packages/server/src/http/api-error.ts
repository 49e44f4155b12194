import { QueueUnavailableError, StorageError } from "../errors.ts";

/** What an {@link ApiError} answers with. */
export interface ApiErrorOptions {
  /** The HTTP status. */
  readonly status: number;
  /** The cause, in snake case, as in OpenAI's API: `invalid_value`. */
  readonly code: string;
  /** In full sentences; the client shows it to its user. */
  readonly message: string;
  /** OpenAI's class of the error; by the status, if left out. */
  readonly type?: string | undefined;
  /** The field of the request. */
  readonly param?: string | undefined;
  /** Whole seconds after which to try again. */
  readonly retryAfter?: number | undefined;
  /** Whether the same request may succeed later; by the status, if left out. */
  readonly shouldRetry?: boolean | undefined;
  /** What `WWW-Authenticate` asks for with a 401; `Bearer` by default. */
  readonly challenge?: string | undefined;
  readonly cause?: unknown;
}

/** The statuses that clients repeat a request after. */
const repeatable: readonly number[] = [408, 429, 500, 502, 503, 504];

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  413: "too_large",
  429: "rate_limit_error",
  503: "service_unavailable_error",
};

/**
 * An error for a client, in the shape of OpenAI's API.
 *
 * Its message is for the client: it names fields of the API, and nothing of the server's inside.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly type: string;
  readonly param: string | undefined;
  readonly retryAfter: number | undefined;
  readonly shouldRetry: boolean;
  readonly #challenge: string;

  constructor(options: ApiErrorOptions) {
    const { status, code, message, type, param, retryAfter, shouldRetry, challenge = "Bearer" } = options;
    super(message, { cause: options.cause });
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.type = type ?? types[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
    this.param = param;
    this.retryAfter = retryAfter;
    this.shouldRetry = shouldRetry ?? repeatable.includes(status);
    this.#challenge = challenge;
  }

  /** The body of the answer. */
  toBody(): { readonly error: ApiErrorBody } {
    return {
      error: { message: this.message, type: this.type, param: this.param ?? null, code: this.code },
    };
  }

  /** The headers that clients obey when they decide whether and when to try again. */
  toHeaders(): Record<string, string> {
    return {
      "x-should-retry": String(this.shouldRetry),
      ...(this.retryAfter === undefined ? {} : { "retry-after": String(this.retryAfter) }),
      ...(this.status === 401 ? { "www-authenticate": this.#challenge } : {}),
    };
  }
}

/** The `error` of an answer; all four are always there. */
export interface ApiErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** A field whose value is wrong. */
export function invalidValue(param: string, message: string): ApiError {
  return new ApiError({ status: 400, code: "invalid_value", param, message });
}

/** What a client hears of any error: of those of the inside, only whether to try again. */
export function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (QueueUnavailableError.isInstance(cause)) {
    const message = "The service cannot reach its queue. Try again in a few seconds.";
    return new ApiError({ status: 503, code: "queue_unavailable", message, retryAfter: 5, cause });
  }
  if (StorageError.isInstance(cause)) {
    const message = "The service cannot use its storage: it is full, or away.";
    return new ApiError({ status: 507, code: "storage_failed", message, shouldRetry: false, cause });
  }
  return new ApiError({
    status: 500,
    code: "server_error",
    message: "Something went wrong on the server.",
    cause,
  });
}
