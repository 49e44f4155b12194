import { exitCodes } from "./exit-codes.ts";

type StopSignal = "SIGINT" | "SIGTERM";

const stopSignals: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/** The process was interrupted. */
export class InterruptedError extends Error {
  /** The exit code: 128 plus the signal number. */
  readonly exitCode: typeof exitCodes.interrupted | typeof exitCodes.terminated;

  constructor(signal: StopSignal) {
    super(signal === "SIGINT" ? "Interrupted." : "Terminated.");
    this.name = "InterruptedError";
    this.exitCode = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  }
}

/** Where signals come from: `process`, or something like it in tests. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

/** What {@link listenForInterrupts} returns. */
export interface Interruption {
  /** Aborted by the first signal, with an {@link InterruptedError} as its reason. */
  readonly signal: AbortSignal;
  /** Restores the default signal handling. */
  dispose(): void;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that work stops gracefully and cleans up.
 *
 * The listeners are removed then, so a second signal has its default effect and ends the process immediately.
 */
export function listenForInterrupts(source: SignalSource): Interruption {
  const controller = new AbortController();
  const listeners = stopSignals.map((signal) => {
    const listener = (): void => {
      dispose();
      controller.abort(new InterruptedError(signal));
    };
    source.on(signal, listener);
    return { signal, listener };
  });
  function dispose(): void {
    for (const { signal, listener } of listeners) source.off(signal, listener);
  }
  return { signal: controller.signal, dispose };
}
