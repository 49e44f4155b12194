import { randomId } from "../ids.ts";
import { type ImageJob, jobFormat } from "../job.ts";
import { Tracing } from "../operation/tracing.ts";
import type { JobQueue } from "../queue/queue.ts";
import type { ModelCard } from "../service/model-card.ts";
import { publishWorker, withdrawWorker } from "../service/worker-registry.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { ModelHost, type ModelHostOptions } from "./model-host.ts";
import { type RunReport, runWorker } from "./worker.ts";

/** Options of {@link startWorker}. */
export interface StartWorkerOptions extends ModelHostOptions {
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  /** The version of the program, for whoever looks at the workers. */
  readonly version: string;
  /** Called before a run: what a worker that dies was at. */
  readonly onStart?: ((jobs: readonly ImageJob[]) => void) | undefined;
  readonly onRun?: ((report: RunReport) => void) | undefined;
  /** How often the worker shows that it is alive, in milliseconds; 3000 by default. */
  readonly beat?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A worker that takes jobs from a queue. */
export interface RunningWorker {
  readonly id: string;
  readonly cards: readonly ModelCard[];
  /** Takes no more jobs, and waits until the current run is done. */
  drain(): Promise<void>;
  /** Stops the current run before its next step, and gives its jobs back. */
  stop(): Promise<void>;
  /** Rejects if the worker fails. */
  readonly done: Promise<void>;
}

/**
 * Loads models, then makes the images of a queue's jobs.
 *
 * @example
 * const queue = await openQueue("postgres://queue.internal/onestep");
 * const storage = await openStorage("s3://images");
 * const worker = await startWorker({ queue, storage, models: { emoji32: {} }, version: "1" });
 * process.once("SIGTERM", () => worker.drain());
 * await worker.done;
 *
 * @throws ServeModelError if a model cannot be served.
 */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { queue, storage, version, onStart, onRun, beat = 3000, signal } = options;
  const host = new ModelHost(options);
  const id = randomId("worker");
  const cards = await host.prepare(signal);
  const tracing = new Tracing();
  const drain = new AbortController();
  const stop = new AbortController();
  let sequence = 0;
  let running = 0;
  const publish = async (): Promise<void> => {
    sequence += 1;
    await publishWorker(storage, { id, sequence, version, format: jobFormat, running, cards: host.cards });
  };
  await publish();
  // A storage that is away for a moment is written to at the next beat.
  const pulse = setInterval(() => void publish().catch(() => undefined), beat);
  const done = runWorker({
    ...{ queue, storage, host, drain: drain.signal, stop: stop.signal },
    onClaim(count) {
      running = count;
    },
    onStart,
    onRun(report) {
      tracing.onRun(report);
      onRun?.(report);
    },
  }).finally(async () => {
    clearInterval(pulse);
    await withdrawWorker(storage, id).catch(() => undefined);
    await host.close();
  });
  done.catch(() => undefined);
  return {
    ...{ id, cards, done },
    drain() {
      drain.abort();
      return done;
    },
    stop() {
      drain.abort();
      stop.abort();
      return done;
    },
  };
}
