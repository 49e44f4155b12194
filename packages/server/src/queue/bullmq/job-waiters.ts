import { QueueUnavailableError, UnknownJobError } from "../../errors.ts";
import type { JobOutcome, JobPreview } from "../../job.ts";
import type { WaitOptions } from "../queue.ts";
import { sleep } from "../waiting.ts";
import type { JobRecord, ModelQueue } from "./model-queue.ts";
import { closedError, type StoredEvents } from "./queue-server.ts";
import { readFailure, type StoredOutcome } from "./stored-job.ts";

/** One who waits for a job. */
interface Waiter {
  readonly settle: (outcome: JobOutcome) => void;
  readonly reject: (reason: unknown) => void;
  readonly show: (preview: JobPreview) => void;
}

/**
 * Those who wait for jobs of a model. Events tell them at once; since events get lost in outages, they also ask from time to
 * time.
 */
export class JobWaiters {
  readonly #queue: ModelQueue;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #events: Promise<StoredEvents> | undefined;
  #count = 0;
  #closed = false;

  constructor(queue: ModelQueue) {
    this.#queue = queue;
  }

  /** Waits for the outcome of a job. An outage does not end the wait. */
  async wait(id: string, { signal, onPreview }: WaitOptions): Promise<JobOutcome> {
    signal?.throwIfAborted();
    const end = new AbortController();
    let shown = -1;
    const outcome = new Promise<JobOutcome>((resolve, reject) => {
      const waiter: Waiter = {
        settle: resolve,
        reject,
        show: (preview) => {
          if (preview.index <= shown || end.signal.aborted) return;
          shown = preview.index;
          try {
            onPreview?.(preview);
          } catch (error) {
            reject(error);
          }
        },
      };
      this.#add(id, waiter, end.signal);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true, signal: end.signal });
      this.#poll(id, waiter, end.signal).catch(reject);
    });
    try {
      return await outcome;
    } finally {
      end.abort();
    }
  }

  /** Ends all waits. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiters of this.#waiters.values()) {
      for (const { reject } of waiters) reject(closedError());
    }
    const events = await this.#events?.catch(() => undefined);
    await events?.close();
  }

  #add(id: string, waiter: Waiter, end: AbortSignal): void {
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(waiter));
    this.#count++;
    end.addEventListener("abort", () => {
      this.#count--;
      waiters.delete(waiter);
      if (waiters.size === 0) this.#waiters.delete(id);
    });
  }

  /** Asks at once, soon, and then every second; more rarely, the more wait. */
  async #poll(id: string, waiter: Waiter, end: AbortSignal): Promise<void> {
    let delay = 250;
    for (;;) {
      if (this.#closed) throw closedError();
      const record = await this.#ask(id);
      if (end.aborted) return;
      if (record !== undefined) {
        if (record.preview !== undefined) waiter.show(record.preview);
        if (record.outcome !== undefined) {
          waiter.settle(record.outcome);
          return;
        }
      }
      this.#listen();
      await sleep(delay * (0.8 + 0.4 * Math.random()), end);
      if (end.aborted) return;
      delay = Math.min(delay * 2, 1000 + 10 * this.#count);
    }
  }

  /** @returns Undefined if the server is away. */
  async #ask(id: string): Promise<JobRecord | undefined> {
    try {
      const record = await this.#queue.find(id);
      if (record === undefined) throw unknownJob(id);
      return record;
    } catch (error) {
      if (QueueUnavailableError.isInstance(error)) return undefined;
      throw error;
    }
  }

  #listen(): void {
    this.#events ??= this.#openEvents().catch((error: unknown) => {
      this.#events = undefined;
      throw error;
    });
    // The next question tries again.
    this.#events.catch(() => {});
  }

  async #openEvents(): Promise<StoredEvents> {
    const events = await this.#queue.openEvents();
    events.on("completed", ({ jobId, returnvalue }) => {
      // The declaration says that it is a string; it has been parsed.
      const stored = returnvalue as unknown as StoredOutcome | null;
      if (stored !== null) this.#tell(jobId, ({ settle }) => settle(stored.outcome));
    });
    events.on("failed", ({ jobId, failedReason }) => {
      this.#tell(jobId, ({ settle }) => settle({ status: "failed", failure: readFailure(failedReason) }));
    });
    events.on("progress", ({ jobId, data }) => {
      if (typeof data === "object") this.#tell(jobId, ({ show }) => show(data as JobPreview));
    });
    const emitter: { on(event: string, listener: (event: { readonly jobId: string }) => void): unknown } =
      events;
    emitter.on("cancelled", ({ jobId }) => {
      this.#tell(jobId, ({ settle }) => settle({ status: "cancelled" }));
    });
    return events;
  }

  #tell(id: string, tell: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiters.get(id) ?? []) tell(waiter);
  }
}

/** The error for an id that no queue knows. */
export function unknownJob(id: string): UnknownJobError {
  return new UnknownJobError({
    subject: `job ${JSON.stringify(id)}`,
    found: "no such job",
    expected: "one that waits, runs or has ended lately",
    remedy: "Check the id. Outcomes are removed after some time.",
  });
}
