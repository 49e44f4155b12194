import { ConnectionError } from "./connection-error.ts";
import { ServerError } from "./server-error.ts";

/** Whether an error says that a server is out of reach or out of order, and nothing about what was asked for. */
export function isOutage(error: unknown): error is ConnectionError | ServerError {
  if (ConnectionError.isInstance(error)) return true;
  return (
    ServerError.isInstance(error) && (error.status >= 500 || error.status === 408 || error.status === 429)
  );
}
