/** Ends early, without an error, when the signal aborts. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish);
  });
}

/** A signal that aborts with any of others. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Aborts it, and lets go of the others. */
  readonly end: () => void;
}

/** Signals that live long keep all that `AbortSignal.any` made of them, in Node 20. */
export function joinSignals(...signals: readonly AbortSignal[]): JoinedSignal {
  const controller = new AbortController();
  const end = (): void => {
    for (const signal of signals) signal.removeEventListener("abort", end);
    controller.abort();
  };
  for (const signal of signals) signal.addEventListener("abort", end);
  if (signals.some(({ aborted }) => aborted)) end();
  return { signal: controller.signal, end };
}
