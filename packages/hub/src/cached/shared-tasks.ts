import type { ProgressEvent } from "@onestep/core";
import type { ReadOptions } from "../repository.ts";

/** What the work of a shared task gets. */
export interface SharedWork {
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
}

interface Waiter<Result> {
  readonly options: ReadOptions;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Task<Result> {
  readonly controller: AbortController;
  readonly waiters: Set<Waiter<Result>>;
  /** The start of the file, so that who joins late hears of it. */
  started: ProgressEvent | undefined;
}

/**
 * Work that several callers ask for at the same time and that is done once. Each caller keeps its own signal and
 * progress listener. When the last of them goes, the work is aborted, and that caller is let go when the work has
 * cleaned up.
 */
export class SharedTasks<Result> {
  readonly #tasks = new Map<string, Task<Result>>();

  /** The result of the work under `key`: of the one under way, or of a new one. */
  async join(
    key: string,
    work: (shared: SharedWork) => Promise<Result>,
    options: ReadOptions,
  ): Promise<Result> {
    options.signal?.throwIfAborted();
    const running = this.#tasks.get(key);
    const task = running ?? { controller: new AbortController(), waiters: new Set(), started: undefined };
    const result = this.#wait(key, task, options);
    if (running === undefined) {
      this.#tasks.set(key, task);
      void this.#run(key, task, work);
    }
    return result;
  }

  #wait(key: string, task: Task<Result>, options: ReadOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const onAbort = (): void => this.#leave(key, task, waiter, options.signal?.reason);
      const stopListening = (): void => options.signal?.removeEventListener("abort", onAbort);
      const waiter: Waiter<Result> = {
        options,
        resolve: (result) => {
          stopListening();
          resolve(result);
        },
        reject: (error) => {
          stopListening();
          reject(error);
        },
      };
      task.waiters.add(waiter);
      options.signal?.addEventListener("abort", onAbort);
      if (task.started !== undefined) this.#tell(key, task, waiter, task.started);
    });
  }

  async #run(key: string, task: Task<Result>, work: (shared: SharedWork) => Promise<Result>): Promise<void> {
    const onProgress = (event: ProgressEvent): void => {
      if (event.type === "file-start") task.started = event;
      for (const waiter of [...task.waiters]) this.#tell(key, task, waiter, event);
    };
    let settle: (waiter: Waiter<Result>) => void;
    try {
      const result = await work({ signal: task.controller.signal, onProgress });
      settle = (waiter) => waiter.resolve(result);
    } catch (error) {
      settle = (waiter) => waiter.reject(error);
    }
    this.#forget(key, task);
    const { signal } = task.controller;
    for (const waiter of task.waiters) signal.aborted ? waiter.reject(signal.reason) : settle(waiter);
  }

  #tell(key: string, task: Task<Result>, waiter: Waiter<Result>, event: ProgressEvent): void {
    try {
      waiter.options.onProgress?.(event);
    } catch (error) {
      this.#leave(key, task, waiter, error);
    }
  }

  #leave(key: string, task: Task<Result>, waiter: Waiter<Result>, reason: unknown): void {
    if (task.waiters.size > 1) {
      task.waiters.delete(waiter);
      waiter.reject(reason);
    } else if (!task.controller.signal.aborted) {
      this.#forget(key, task);
      task.controller.abort(reason);
    }
  }

  /** Lets the next caller start afresh. */
  #forget(key: string, task: Task<Result>): void {
    if (this.#tasks.get(key) === task) this.#tasks.delete(key);
  }
}
