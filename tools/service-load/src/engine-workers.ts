import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Claim, JobQueue } from "@onestep/server";

/** Workers that sleep in place of making images. */
export interface EngineWorkersOptions {
  readonly queue: JobQueue;
  readonly model: string;
  readonly workers: number;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
  readonly onDone: () => void;
}

/**
 * Claims, sleeps and completes, one job at a time in each worker, until the signal aborts. As in a worker with a model, the last
 * job is completed while the next one is taken.
 */
export async function runEngineWorkers(options: EngineWorkersOptions): Promise<void> {
  const { queue, workers } = options;
  const held = new Set<Claim>();
  // All workers listen to it.
  setMaxListeners(0, options.signal);
  const renewal = setInterval(() => void queue.renew([...held]).catch(() => undefined), 2000);
  await Promise.all(Array.from({ length: workers }, async () => await work(options, held)));
  clearInterval(renewal);
}

async function work(
  { queue, model, milliseconds, signal, onDone }: EngineWorkersOptions,
  held: Set<Claim>,
): Promise<void> {
  let settling: Promise<void> = Promise.resolve();
  const settle = async (claim: Claim): Promise<void> => {
    const { key } = claim.job.output;
    const image = { key, mediaType: "image/png", width: 32, height: 32, bytes: 2000 } as const;
    const run = { seconds: milliseconds / 1000, batchSize: 1, storage: "engine" };
    if (await queue.complete(claim, { status: "completed", image, ...run })) onDone();
    held.delete(claim);
  };
  while (!signal.aborted) {
    for (const claim of await queue.claim({ models: [model], count: 1, signal })) {
      held.add(claim);
      if (milliseconds > 0) await sleep(milliseconds);
      await settling;
      settling = settle(claim);
    }
  }
  await settling;
}
