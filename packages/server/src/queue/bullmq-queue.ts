import { InvalidArgumentError } from "@onestep/core";
import { BullMQQueue } from "./bullmq/bullmq-job-queue.ts";
import type { ModelQueueOptions } from "./bullmq/model-queue.ts";
import { QueueServer } from "./bullmq/queue-server.ts";
import type { JobQueue } from "./queue.ts";

/** Options of {@link openQueue}. All are in seconds, except `attempts`. */
export interface OpenQueueOptions {
  /** How long a worker holds a job without renewing its claim; 6 by default. */
  readonly leaseSeconds?: number | undefined;
  /** How often to look for jobs of workers that died; 1 by default. */
  readonly stalledCheckSeconds?: number | undefined;
  /** How often a job is tried; 3 by default. Workers that die do not count. */
  readonly attempts?: number | undefined;
  /** How long outcomes are kept; 86 400 by default. On Redis, by the clocks of the workers. */
  readonly keepSeconds?: number | undefined;
  /** How long the queue server may take to answer; 5 by default. */
  readonly timeoutSeconds?: number | undefined;
  /** How long to wait for a queue server that is not there at the start; 0 by default. */
  readonly waitForServer?: number | undefined;
}

/**
 * Opens the queue of a service over many machines, on Redis, Valkey or PostgreSQL, with BullMQ. On PostgreSQL, the tables of
 * BullMQ are made or updated, in the schema `bullmq`.
 *
 * @param url - `redis://`, `rediss://`, `valkey://`, `postgres://` or `postgresql://`.
 * @throws InvalidArgumentError if the URL or an option is wrong.
 * @throws UnsupportedError unless `bullmq` and `ioredis`, or `bullmq` and `pg`, are installed.
 * @throws QueueUnavailableError if the server does not answer.
 *
 * @example
 * const queue = await openQueue("postgres://queue.internal/onestep", { waitForServer: 30 });
 * const handler = createFrontEnd({ queue, storage: await openStorage("s3://images") });
 */
export async function openQueue(url: string, options: OpenQueueOptions = {}): Promise<JobQueue> {
  const seconds = (name: keyof OpenQueueOptions, byDefault: number, minimum: number): number => {
    const value = options[name] ?? byDefault;
    if (Number.isFinite(value) && value >= minimum) return value;
    throw new InvalidArgumentError({
      subject: name,
      found: String(value),
      expected: `a number, at least ${minimum}`,
      remedy: `Pass one, or leave it out for ${byDefault}.`,
    });
  };
  const modelOptions: ModelQueueOptions = {
    // PostgreSQL has whole milliseconds, and keeps outcomes for whole seconds.
    leaseMs: Math.round(1000 * seconds("leaseSeconds", 6, 0.5)),
    stalledMs: Math.round(1000 * seconds("stalledCheckSeconds", 1, 0.1)),
    attempts: seconds("attempts", 3, 1),
    keepSeconds: Math.ceil(seconds("keepSeconds", 86_400, 1)),
  };
  const timeout = 1000 * seconds("timeoutSeconds", 5, 0.1);
  const wait = 1000 * seconds("waitForServer", 0, 0);
  return new BullMQQueue(await QueueServer.open(url, { timeout, wait }), modelOptions);
}
