import type { ProgressEvent } from "@onestep/core";
import type { ReadOptions } from "../repository.ts";

/**
 * What the result of a task depends on in addition to its key: endpoint, token, `fetch`. Values are compared by
 * position with `Object.is`.
 */
export type Caller = readonly unknown[];

/** The arguments of a shared task. */
export interface SharedWork {
  /** Aborted when all callers have stopped waiting for the result. */
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
}

interface Waiter<Result> {
  readonly options: ReadOptions;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Task<Result> {
  /** The caller who started it. */
  readonly caller: Caller;
  readonly controller: AbortController;
  readonly waiters: Set<Waiter<Result>>;
  /** The start event of the file, repeated to callers that join late. */
  started: ProgressEvent | undefined;
}

/**
 * Work requested concurrently by several callers with the same access, and done only once. Each caller keeps its own
 * signal and progress listener. When the last of them leaves, the work is aborted, and that caller's promise settles
 * after the work has cleaned up.
 */
export class SharedTasks<Result> {
  readonly #tasks = new Map<string, Set<Task<Result>>>();

  /**
   * The result of the work under `key`: joins the work in progress for the same caller, or starts it. Neither a result
   * nor a failure is shared with a different caller.
   */
  async join(
    key: string,
    caller: Caller,
    work: (shared: SharedWork) => Promise<Result>,
    options: ReadOptions,
  ): Promise<Result> {
    options.signal?.throwIfAborted();
    const running = this.#find(key, caller);
    const task = running ?? {
      caller,
      controller: new AbortController(),
      waiters: new Set(),
      started: undefined,
    };
    const result = this.#wait(key, task, options);
    if (running === undefined) {
      this.#tasks.set(key, (this.#tasks.get(key) ?? new Set()).add(task));
      void this.#run(key, task, work);
    }
    return result;
  }

  #find(key: string, caller: Caller): Task<Result> | undefined {
    const isSame = (other: Caller): boolean =>
      other.length === caller.length && other.every((part, index) => Object.is(part, caller[index]));
    return [...(this.#tasks.get(key) ?? [])].find((task) => isSame(task.caller));
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

  /** Lets the next caller start over. */
  #forget(key: string, task: Task<Result>): void {
    const tasks = this.#tasks.get(key);
    tasks?.delete(task);
    if (tasks?.size === 0) this.#tasks.delete(key);
  }
}
