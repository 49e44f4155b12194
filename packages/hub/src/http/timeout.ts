import { toTimeoutError } from "./connection-failure.ts";

/** How long a server may stay silent, and the environment variable that sets it. */
export interface Timeout {
  readonly seconds: number;
  readonly variable: string;
}

/**
 * Ends a request early, for the caller's signal or a silent server. Every wait during the request goes through {@link
 * wait}, so that both take effect at every step, even where `fetch` would not notice.
 */
export class RequestWatch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #url: URL;
  #lastActivity = 0;

  constructor(url: URL, caller: AbortSignal | undefined) {
    this.#url = url;
    this.#caller = caller;
    caller?.throwIfAborted();
    caller?.addEventListener("abort", this.#onCallerAbort);
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * The result of one step of the request.
   *
   * @throws The reason of the caller's signal, a ConnectionError if the server stays silent for too long, or what
   * the step throws.
   */
  async wait<Result>(step: Promise<Result>, timeout: Timeout): Promise<Result> {
    step.catch(() => {});
    const { signal } = this.#controller;
    signal.throwIfAborted();
    this.noteActivity();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLastLook = false;
    const giveUpWhenSilent = (): void => {
      const left = this.#lastActivity + timeout.seconds * 1000 - Date.now();
      if (left <= 0 && isLastLook) {
        this.#controller.abort(toTimeoutError(this.#url, timeout.seconds, timeout.variable));
        return;
      }
      // In a busy or suspended process, the time may run out before it has seen the data that arrived: check once more.
      isLastLook = left <= 0;
      timer = setTimeout(giveUpWhenSilent, Math.max(left, 1));
    };
    giveUpWhenSilent();
    let onAbort: (() => void) | undefined;
    const interruption = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
    });
    try {
      return await Promise.race([step, interruption]);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    }
  }

  /** Reports that the server is active, during a step with more than one response. */
  noteActivity(): void {
    this.#lastActivity = Date.now();
  }

  /** Releases the caller's signal. Aborts any work in progress. */
  end(): void {
    this.#caller?.removeEventListener("abort", this.#onCallerAbort);
    this.#controller.abort();
  }

  readonly #onCallerAbort = (): void => {
    this.#controller.abort(this.#caller?.reason);
  };
}
