import { createParts, type Handler, type HandlerOptions } from "./create-handler.ts";
import { createApp } from "./http/app.ts";
import type { JobQueue } from "./queue/queue.ts";
import { WorkerRegistry } from "./service/worker-registry.ts";
import type { ImageStorage } from "./storage/storage.ts";

/** Options of {@link createFrontEnd}. */
export interface FrontEndOptions
  extends Omit<
    HandlerOptions,
    | "models"
    | "maxBatch"
    | "instances"
    | "memoryBudget"
    | "readMemory"
    | "queue"
    | "storage"
    | "onLoad"
    | "onRun"
  > {
  readonly queue: JobQueue;
  /** The same as that of the workers. */
  readonly storage: ImageStorage;
}

/** A handler without models of its own. */
export type FrontEnd = Omit<Handler, "prepare" | "memory"> & {
  (request: Request): Promise<Response>;
  readonly workers: WorkerRegistry;
};

/**
 * Makes a service whose images are made by workers on other machines. It holds no state: any number of them may run behind
 * a load balancer.
 *
 * @example
 * const queue = await openQueue("postgres://queue.internal/onestep");
 * const handler = createFrontEnd({ queue, storage: await openStorage("s3://images"), keys });
 */
export function createFrontEnd(options: FrontEndOptions): FrontEnd {
  const { queue, storage } = options;
  const workers = new WorkerRegistry(storage);
  const parts = createParts(options, { queue, storage, source: workers });
  let isDraining = false;
  const app = createApp({
    ...{ ...options, ...parts },
    readiness: async () => {
      if (isDraining) return { isReady: false, reason: "shutting down" };
      const cards = await workers.cards();
      return cards.length > 0 ? { isReady: true } : { isReady: false, reason: await workers.absence() };
    },
    isDraining: () => isDraining,
    addRoutes: (own) => options.addRoutes?.(own, parts),
  });
  return Object.assign(async (request: Request) => app.fetch(request), {
    ...{ parts, app, workers },
    drain() {
      isDraining = true;
    },
    async close() {
      isDraining = true;
      await queue.close();
      await storage.close();
    },
  });
}
