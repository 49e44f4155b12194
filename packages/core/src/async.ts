/**
 * Resolves in a task of its own. Between two pieces of work of some milliseconds, it lets a page draw and answer in
 * between. In a page in the background it is as quick as in the foreground, which a timer is not.
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
 * Waits for what somebody else may never settle, a callback's promise, as long as nobody aborts.
 *
 * @throws The signal's reason, at once, where it is aborted before; what `work` rejects with later is nobody's concern then.
 */
export async function untilAborted<Result>(
  work: Result | PromiseLike<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  const settled = Promise.resolve(work);
  // Seen by nobody else where the abort comes first.
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
