/**
 * Resolves in a new task. Await it between chunks of work of a few milliseconds so that the page can render and
 * respond. Unlike a timer, it is not throttled in background pages.
 */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Waits for a promise that may never settle, such as a callback's, until the signal is aborted.
 *
 * @throws The signal's reason, as soon as it is aborted; a later rejection of `work` is ignored.
 */
export async function untilAborted<Result>(
  work: Result | PromiseLike<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  const settled = Promise.resolve(work);
  // If the abort comes first, nothing else handles this rejection.
  settled.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([settled, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
