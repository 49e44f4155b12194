import { UnknownJobError } from "../errors.ts";
import type { ImageJob, JobFailure, JobOutcome, JobPreview } from "../job.ts";
import { FairOrder } from "./fair-order.ts";
import type { Claim, ClaimRequest, FailedJob, JobQueue, QueueLoad, WaitOptions } from "./queue.ts";

/** Where outcomes of durable jobs survive a restart. */
export interface OutcomeJournal {
  /** What was written before. */
  readonly outcomes: ReadonlyMap<string, JobOutcome>;
  append(id: string, outcome: JobOutcome): Promise<void>;
  close(): Promise<void>;
}

/** Options of {@link MemoryQueue}. */
export interface MemoryQueueOptions {
  readonly journal?: OutcomeJournal | undefined;
  /** How often a job is tried; 3 by default. */
  readonly attempts?: number | undefined;
  /** How long the outcome of a job is kept that is not durable, in seconds; 10 by default. */
  readonly keepSeconds?: number | undefined;
}

type Waiter = {
  readonly settle: (outcome: JobOutcome) => void;
  readonly onPreview: ((preview: JobPreview) => void) | undefined;
};

interface Entry {
  readonly job: ImageJob;
  readonly waiters: Set<Waiter>;
  readonly abort: AbortController;
  failures: number;
  /** For those who come to wait later. */
  lastPreview: JobPreview | undefined;
  /** The token of the claim that holds it. */
  heldBy: string | undefined;
}

/** Outcomes of durable jobs are kept for a day, like idempotency keys. */
const durableSeconds = 86_400;
const maximumFailures = 100;

/**
 * The queue of a service on one machine: jobs wait and run in this process. Owners take turns, by the seconds of work they
 * have had; interactive jobs go before those of batches.
 *
 * @example
 * const queue = new MemoryQueue({ attempts: 1 });
 * const handler = createHandler({ models, queue });
 */
export class MemoryQueue implements JobQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new FairOrder();
  readonly #outcomes = new Map<string, { readonly outcome: JobOutcome; readonly expiresAt: number }>();
  readonly #idle = new Set<() => void>();
  readonly #failed: FailedJob[] = [];
  readonly #journal: OutcomeJournal | undefined;
  readonly #attempts: number;
  readonly #keepSeconds: number;
  readonly #running = new Map<string, Entry>();
  #lastToken = 0;

  constructor({ journal, attempts = 3, keepSeconds = 10 }: MemoryQueueOptions = {}) {
    this.#journal = journal;
    this.#attempts = attempts;
    this.#keepSeconds = keepSeconds;
  }

  async enqueue(jobs: readonly ImageJob[]): Promise<void> {
    for (const job of jobs) {
      if (this.#entries.has(job.id) || this.#outcomeOf(job.id) !== undefined) continue;
      const entry = {
        job,
        waiters: new Set<Waiter>(),
        abort: new AbortController(),
        failures: 0,
        lastPreview: undefined,
        heldBy: undefined,
      };
      this.#entries.set(job.id, entry);
      this.#waiting.add(job);
    }
    this.#wake();
  }

  async claim({ models, count, signal }: ClaimRequest): Promise<readonly Claim[]> {
    while (!signal.aborted) {
      const jobs = this.#waiting.take(new Set(models), count);
      if (jobs.length > 0) return jobs.map((job) => this.#hold(job));
      await this.#untilWork(signal);
    }
    return [];
  }

  async renew(): Promise<void> {
    // Whoever holds a job lives in this process, so leases do not end.
  }

  async announce({ job, token }: Claim, preview: JobPreview): Promise<void> {
    const entry = this.#entries.get(job.id);
    if (entry?.heldBy !== token) return;
    entry.lastPreview = preview;
    for (const { onPreview } of entry.waiters) onPreview?.(preview);
  }

  async complete(claim: Claim, outcome: JobOutcome): Promise<boolean> {
    const entry = this.#heldEntry(claim);
    if (entry === undefined) return false;
    if (entry.job.durable) await this.#journal?.append(entry.job.id, outcome);
    return this.#settle(entry, outcome);
  }

  async fail(claim: Claim, failure: JobFailure, again: boolean): Promise<boolean> {
    const entry = this.#heldEntry(claim);
    if (entry === undefined) return false;
    entry.failures += 1;
    if (again && entry.failures < this.#attempts) {
      this.#giveBack(entry);
      return true;
    }
    const { id, model, durable } = entry.job;
    const outcome = { status: "failed", failure } as const;
    if (durable) await this.#journal?.append(id, outcome);
    this.#failed.unshift({ id, model, failure, failedAt: Math.floor(Date.now() / 1000) });
    this.#failed.length = Math.min(this.#failed.length, maximumFailures);
    return this.#settle(entry, outcome);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) {
      const entry = this.#heldEntry(claim);
      if (entry !== undefined) this.#giveBack(entry);
    }
  }

  async cancel(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      this.#waiting.remove(entry.job);
      this.#settle(entry, { status: "cancelled" });
      entry.abort.abort(new DOMException("The job was cancelled.", "AbortError"));
    }
  }

  wait(id: string, { signal, onPreview }: WaitOptions = {}): Promise<JobOutcome> {
    const known = this.#outcomeOf(id);
    if (known !== undefined) return Promise.resolve(known);
    const entry = this.#entries.get(id);
    if (entry === undefined) return Promise.reject(unknownJob(id));
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = (): void => {
        entry.waiters.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        onPreview,
        settle(outcome) {
          signal?.removeEventListener("abort", stop);
          resolve(outcome);
        },
      };
      signal?.addEventListener("abort", stop, { once: true });
      entry.waiters.add(waiter);
      if (entry.lastPreview !== undefined) onPreview?.(entry.lastPreview);
    });
  }

  async load(model?: string): Promise<QueueLoad> {
    const running = [...this.#running.values()].filter(
      ({ job }) => model === undefined || job.model === model,
    );
    const waiting = this.#waiting.load(model);
    return {
      waiting: waiting.count,
      running: running.length,
      seconds: running.reduce((sum, { job }) => sum + job.cost, waiting.seconds),
    };
  }

  async failures(): Promise<readonly FailedJob[]> {
    return [...this.#failed];
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #hold(job: ImageJob): Claim {
    const entry = this.#entries.get(job.id) as Entry;
    this.#lastToken += 1;
    entry.heldBy = String(this.#lastToken);
    this.#running.set(job.id, entry);
    return { job, token: entry.heldBy, failures: entry.failures, signal: entry.abort.signal };
  }

  #heldEntry({ job, token }: Claim): Entry | undefined {
    const entry = this.#entries.get(job.id);
    return entry?.heldBy === token ? entry : undefined;
  }

  #giveBack(entry: Entry): void {
    entry.heldBy = undefined;
    this.#running.delete(entry.job.id);
    this.#waiting.addFirst(entry.job);
    this.#wake();
  }

  /** A job may have been cancelled while its outcome was written. */
  #settle({ job, waiters }: Entry, outcome: JobOutcome): boolean {
    if (!this.#entries.delete(job.id)) return false;
    this.#running.delete(job.id);
    const seconds = job.durable ? durableSeconds : this.#keepSeconds;
    this.#forgetExpired();
    this.#outcomes.set(job.id, { outcome, expiresAt: performance.now() + seconds * 1000 });
    for (const { settle } of waiters) settle(outcome);
    return true;
  }

  #outcomeOf(id: string): JobOutcome | undefined {
    const kept = this.#outcomes.get(id);
    if (kept !== undefined && kept.expiresAt > performance.now()) return kept.outcome;
    return this.#journal?.outcomes.get(id);
  }

  /** The oldest come first; those of durable jobs may stay behind a younger one for a while. */
  #forgetExpired(): void {
    const now = performance.now();
    let looked = 0;
    for (const [id, { expiresAt }] of this.#outcomes) {
      if (expiresAt <= now) this.#outcomes.delete(id);
      looked += 1;
      if (looked > 8) return;
    }
  }

  #wake(): void {
    for (const resume of this.#idle) resume();
    this.#idle.clear();
  }

  #untilWork(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#idle.delete(resume);
        signal.removeEventListener("abort", resume);
        resolve();
      };
      this.#idle.add(resume);
      signal.addEventListener("abort", resume, { once: true });
    });
  }
}

function unknownJob(id: string): UnknownJobError {
  return new UnknownJobError({
    subject: `job ${id}`,
    found: "no such job",
    expected: "a job that waits, runs, or ended a short time ago",
    remedy: "Ask for the image again.",
  });
}
