import type { ImageJob, JobFailure, JobOutcome, JobPreview } from "../../job.ts";
import type { Claim, FailedJob, QueueLoad } from "../queue.ts";
import { queueNameFor } from "./queue-name.ts";
import {
  isRefusal,
  type QueueServer,
  type StoredEvents,
  type StoredQueue,
  type StoredWorker,
} from "./queue-server.ts";
import { isWaiting, outcomeOf, priorities, type StoredBullJob } from "./stored-job.ts";

/** What a {@link ModelQueue} is opened with. */
export interface ModelQueueOptions {
  readonly leaseMs: number;
  readonly stalledMs: number;
  readonly attempts: number;
  readonly keepSeconds: number;
}

/** What is known of a job. */
export interface JobRecord {
  readonly outcome: JobOutcome | undefined;
  readonly preview: JobPreview | undefined;
}

const cancelled: JobOutcome = { status: "cancelled" };
/** What settles a job whoever holds it. */
const anyToken = "0";

/** With the end of so many jobs, those that have expired are removed: PostgreSQL looks through all that have ended. */
const jobsPerSweep = 64;

/** The jobs of one model: a queue of BullMQ. */
export class ModelQueue {
  readonly model: string;
  readonly #server: QueueServer;
  readonly #options: ModelQueueOptions;
  #queue: Promise<StoredQueue> | undefined;
  #worker: Promise<StoredWorker> | undefined;
  #work: Promise<void> | undefined;
  #added = 0;
  #load: { readonly at: number; readonly value: Promise<QueueLoad> } | undefined;
  /** The average seconds of the jobs that passed through here, the last ones counting most. */
  #cost: number | undefined;

  constructor(model: string, server: QueueServer, options: ModelQueueOptions) {
    this.model = model;
    this.#server = server;
    this.#options = options;
  }

  /** Adds jobs. Those whose ids are known are left as they are. */
  async add(jobs: readonly ImageJob[]): Promise<void> {
    const { keepSeconds } = this.#options;
    const entries = jobs.map((job) => {
      this.#noteCost(job);
      const keep = this.#added % jobsPerSweep === 0 ? { age: keepSeconds } : false;
      this.#added += 1;
      const opts = {
        jobId: job.id,
        priority: priorities[job.priority],
        removeOnComplete: keep,
        removeOnFail: keep,
      };
      return { name: job.task, data: job, opts };
    });
    const [first] = entries;
    if (first === undefined) return;
    const queue = await this.open();
    await this.#server.call(async () => {
      // For several jobs, PostgreSQL makes a temporary table, which takes longer than adding one.
      if (entries.length > 1) await queue.addBulk(entries);
      else await queue.add(first.name, first.data, first.opts);
    });
  }

  /** Takes the job whose turn it is. Those that were cancelled while they waited are settled on the way. */
  async take(token: string): Promise<StoredBullJob | undefined> {
    const worker = await this.#openWorker();
    for (;;) {
      const fetching = worker.getNextJob(token, { block: false });
      const job = await this.#server
        .call(async () => await fetching)
        .catch((error: unknown) => {
          // What arrives too late goes back, rather than wait for its lease to end.
          fetching.then(async (late) => await late?.moveToWait(token)).catch(() => {});
          throw error;
        });
      if (job === undefined) return undefined;
      this.#noteCost(job.data);
      if (job.data.cancelled !== true) return job;
      await this.settle(job, token, cancelled);
    }
  }

  /** Resolves when there may be a job, at the latest after a second. */
  waitForWork(): Promise<void> {
    this.#work ??= this.#watchForWork().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  /** @returns The ids of the jobs that are no longer held. */
  async extend(claims: readonly Claim[]): Promise<readonly string[]> {
    const worker = await this.#openWorker();
    const ids = claims.map(({ job }) => job.id);
    const tokens = claims.map(({ token }) => token);
    return await this.#server.call(
      async () => await worker.extendJobLocks(ids, tokens, this.#options.leaseMs),
    );
  }

  /** @returns Whether this claim settled the job, now or in an earlier call whose answer was lost. */
  async settle(job: StoredBullJob, token: string, outcome: JobOutcome): Promise<boolean> {
    try {
      await this.#server.call(async () => await job.moveToCompleted({ outcome, token }, token, false));
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const queue = await this.open();
      const now = await this.#server.call(async () => await queue.getJob(job.id ?? ""));
      return now?.finishedOn !== undefined && now.returnvalue?.token === token;
    }
  }

  /** @returns Whether the failure was recorded. */
  async fail(job: StoredBullJob, token: string, failure: JobFailure, again: boolean): Promise<boolean> {
    const error = new Error(JSON.stringify(failure));
    // It is data. Where it was made here says nothing.
    error.stack = "";
    job.opts.attempts = again ? this.#options.attempts : 0;
    return await this.#unlessRefused(async () => await job.moveToFailed(error, token, false));
  }

  /** Gives a job back: to the front of its priority, and uncounted, since only settled tries count. */
  async release(job: StoredBullJob, token: string): Promise<void> {
    await this.#unlessRefused(async () => await job.moveToWait(token));
  }

  async announce(job: StoredBullJob, preview: JobPreview): Promise<void> {
    await this.#unlessRefused(async () => await job.updateProgress({ ...preview }));
  }

  /** @returns Undefined if there is no such job, or no longer. */
  async find(id: string): Promise<JobRecord | undefined> {
    const queue = await this.open();
    return await this.#server.call(async () => {
      const job = await queue.getJob(id);
      if (job === undefined) return undefined;
      const preview = typeof job.progress === "object" ? (job.progress as JobPreview) : undefined;
      const outcome = outcomeOf(job);
      // Whoever takes a marked job settles it as cancelled. One that runs may have been taken before it was marked.
      const isCancelled =
        outcome === undefined && job.data.cancelled === true && isWaiting(await job.getState());
      return { outcome: isCancelled ? cancelled : outcome, preview };
    });
  }

  /**
   * Cancels a job. BullMQ cannot settle a job that waits: it is marked, moved to the front, and settled by whoever takes it.
   * A job that runs is settled at once, whoever holds it.
   *
   * @returns What the job did before: `"unknown"` if there is none.
   */
  async cancel(id: string): Promise<"unknown" | "waiting" | "running" | "settled"> {
    const queue = await this.open();
    return await this.#server.call(async () => {
      for (;;) {
        const job = await queue.getJob(id);
        if (job === undefined) return "unknown";
        if (outcomeOf(job) !== undefined) return "settled";
        if (job.data.cancelled !== true) await job.updateData({ ...job.data, cancelled: true });
        const state = await job.getState();
        if (isWaiting(state)) {
          await job.changePriority({ priority: priorities.interactive, lifo: true });
          await queue.getBackend().publishEvent({ event: "cancelled", jobId: id }, 10_000);
          return "waiting";
        }
        if (state !== "active") continue;
        try {
          await job.moveToCompleted({ outcome: cancelled, token: anyToken }, anyToken, false);
          return "running";
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
    });
  }

  /** What waits and runs, at most a second old. */
  load(): Promise<QueueLoad> {
    const now = performance.now();
    if (this.#load === undefined || now - this.#load.at >= 1000) {
      const value = this.#measureLoad();
      value.catch(() => {
        this.#load = undefined;
      });
      this.#load = { at: now, value };
    }
    return this.#load.value;
  }

  /** The jobs whose turn comes next. */
  async peek(count: number): Promise<readonly ImageJob[]> {
    const queue = await this.open();
    const jobs = await this.#server.call(
      async () => await queue.getJobs(["wait", "prioritized"], 0, count - 1, true),
    );
    return jobs.slice(0, count).map(({ data }) => data);
  }

  /** The last jobs that failed for good, newest first. */
  async failures(count: number): Promise<readonly FailedJob[]> {
    const queue = await this.open();
    const jobs = await this.#server.call(async () => await queue.getJobs(["failed"], 0, count - 1));
    return jobs.flatMap((job) => {
      const outcome = outcomeOf(job);
      if (outcome?.status !== "failed") return [];
      const failedAt = (job.finishedOn ?? 0) / 1000;
      return [{ id: job.data.id, model: this.model, failure: outcome.failure, failedAt }];
    });
  }

  /** The events of the queue from now on. */
  async openEvents(): Promise<StoredEvents> {
    return await this.#server.openEvents(await this.open());
  }

  /** What is to be closed. */
  async opened(): Promise<readonly { close(): Promise<void> }[]> {
    const [queue, worker] = await Promise.allSettled([this.#queue, this.#worker]);
    const opened: { close(): Promise<void> }[] = [];
    if (queue.status === "fulfilled" && queue.value !== undefined) opened.push(queue.value);
    if (worker.status === "fulfilled" && worker.value !== undefined) opened.push(endWait(worker.value));
    return opened;
  }

  /** BullMQ's queue, opened with the first call. */
  open(): Promise<StoredQueue> {
    this.#queue ??= this.#server.openQueue(queueNameFor(this.model)).catch((error: unknown) => {
      this.#queue = undefined;
      throw error;
    });
    return this.#queue;
  }

  #openWorker(): Promise<StoredWorker> {
    this.#worker ??= this.#startWorker().catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    return this.#worker;
  }

  async #startWorker(): Promise<StoredWorker> {
    const { leaseMs, stalledMs } = this.#options;
    const worker = await this.#server.openWorker(queueNameFor(this.model), leaseMs, stalledMs);
    worker.on("stalled", (id) => {
      this.#moveToFront(id).catch(() => {});
    });
    return worker;
  }

  /** A job of a dead worker has waited before. PostgreSQL puts it behind all others, Redis before those of any priority. */
  async #moveToFront(id: string): Promise<void> {
    const queue = await this.open();
    const job = await queue.getJob(id);
    if (job !== undefined) await job.changePriority({ priority: priorities[job.data.priority], lifo: true });
  }

  async #watchForWork(): Promise<void> {
    try {
      const worker = await this.#openWorker();
      await worker.getBackend().waitForJob(1);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async #measureLoad(): Promise<QueueLoad> {
    const queue = await this.open();
    return await this.#server.call(async () => {
      const counts = await queue.getCountsPerPriority([0, ...Object.values(priorities)]);
      const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const running = (await queue.getRanges(["active"])).length;
      if (this.#cost === undefined && waiting + running > 0) {
        const sample = await queue.getJobs(["prioritized", "active"], 0, 7);
        for (const job of sample) this.#noteCost(job.data);
      }
      return { waiting, running, seconds: (waiting + running) * (this.#cost ?? 0) };
    });
  }

  #noteCost({ cost }: ImageJob): void {
    this.#cost = this.#cost === undefined ? cost : this.#cost + (cost - this.#cost) / 16;
  }

  async #unlessRefused(operation: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#server.call(operation);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
  }
}

/** Closing a worker would wait until its wait for jobs ends. */
function endWait(worker: StoredWorker): { close(): Promise<void> } {
  return {
    close: async () => {
      await worker.getBackend().disconnectBlocking(false);
      await worker.close(true);
    },
  };
}
