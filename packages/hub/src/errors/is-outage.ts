import { ConnectionError } from "./connection-error.ts";
import { ServerError } from "./server-error.ts";

/** Whether an error says that a server is out of reach or out of order, and nothing about what was asked for. */
export function isOutage(error: unknown): error is ConnectionError | ServerError {
  if (ConnectionError.isInstance(error)) return true;
  return (
    ServerError.isInstance(error) && (error.status >= 500 || error.status === 408 || error.status === 429)
  );
}

/**
 * Whether a copy in the cache serves as well as what could not be had: the server is out of reach or out of order, or
 * what answers is not the server (a page that asks for a login, a proxy), and nothing was said about the caller's rights.
 */
export function leavesCopyInUse(error: unknown): error is ConnectionError | ServerError {
  return isOutage(error) || (ServerError.isInstance(error) && error.status !== 401 && error.status !== 403);
}
