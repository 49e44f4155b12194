/** The end of a request: the client leaves, or the time is over that it gave. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the time is over. */
  isOver(): boolean;
  clear(): void;
}

/**
 * Reads how long a client waits: `X-Stainless-Timeout`, in seconds, which OpenAI's clients send if a request has a timeout
 * of its own.
 *
 * @param client - Aborted when the client leaves.
 */
export function readDeadline(request: Request, client: AbortSignal): Deadline {
  const text = request.headers.get("x-stainless-timeout") ?? "";
  const seconds = /^\d{1,6}(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0) return { signal: client, isOver: () => false, clear: () => undefined };
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new DOMException("The client's time is over.", "TimeoutError")),
    seconds * 1000,
  );
  return {
    signal: AbortSignal.any([client, over.signal]),
    isOver: () => over.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}
