interface QueuedRun {
  /** Starts the work. Settles when the work has ended, even if the caller no longer waits for it. */
  start(): Promise<void>;
  reject(reason: unknown): void;
}

/**
 * Runs asynchronous work one piece at a time, in the order it was added.
 *
 * Work whose signal is aborted while queued never starts. If the signal is aborted while the work runs, the caller is
 * rejected immediately, and the next piece starts once the work has finished.
 */
export class RunQueue {
  readonly #waiting: QueuedRun[] = [];
  #running: Promise<void> | undefined;
  #closedWith: (() => Error) | undefined;

  /** Adds work. The promise settles as the work does, or rejects with the signal's reason. */
  add<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closedWith !== undefined) return reject(this.#closedWith());
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(run);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal?.reason);
      };
      const forget = (): void => signal?.removeEventListener("abort", onAbort);
      const run: QueuedRun = {
        start: async () => {
          try {
            resolve(await work());
          } catch (error) {
            reject(error);
          } finally {
            forget();
          }
        },
        reject: (reason) => {
          forget();
          reject(reason);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(run);
      this.#next();
    });
  }

  /**
   * Closes the queue. Queued work and later calls of `add` are rejected, each with its own error. Resolves when the
   * running work has ended.
   */
  async close(error: () => Error): Promise<void> {
    this.#closedWith ??= error;
    for (const run of this.#waiting.splice(0)) run.reject(error());
    await this.#running;
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const run = this.#waiting.shift();
    if (run === undefined) return;
    this.#running = run.start().finally(() => {
      this.#running = undefined;
      this.#next();
    });
  }
}
