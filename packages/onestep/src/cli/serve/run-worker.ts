import { openQueue, openStorage, startWorker } from "@onestep/server/node";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Invocation } from "../command.ts";
import { readVersion } from "../version.ts";
import { describeLoad, queueWait, untilAborted } from "./serve-images.ts";
import { readServedModels } from "./served-models.ts";
import {
  openLog,
  readInstances,
  readMaxBatch,
  readMemoryBudget,
  readSharedStorage,
  readShutdown,
} from "./service-readers.ts";
import type { ServiceSettings } from "./service-settings.ts";

/** `onestep worker`: makes the images of a queue's jobs until it is told to stop. */
export async function runQueueWorker(invocation: Invocation, settings: ServiceSettings): Promise<void> {
  const { output, signal, system } = invocation;
  const url = settings.text("queue");
  if (url === undefined)
    throw new UsageError("--queue is missing: name the queue of the front ends, redis://… or postgres://….");
  const models = readServedModels(invocation, settings);
  const shutdown = readShutdown(settings);
  const log = openLog(invocation, settings);
  const storage = await openStorage(readSharedStorage(settings, system.environment), system.environment);
  const queue = await openQueue(url, { waitForServer: queueWait });
  try {
    output.progress.showTask("Loading");
    const worker = await startWorker({
      ...{ queue, storage, models, signal, version: readVersion() },
      ...{ maxBatch: readMaxBatch(settings), instances: readInstances(settings) },
      memoryBudget: readMemoryBudget(settings),
      readMemory: () => process.memoryUsage.rss(),
      onLoad: (event) => output.note(describeLoad(event)),
      ...{ onStart: log.onStart, onRun: log.onRun },
    });
    output.progress.clear();
    output.result({
      lines: [`${worker.id} is ready: ${Object.keys(models).join(", ")}`],
      document: { id: worker.id, models: Object.keys(models) },
    });
    await Promise.race([untilAborted(signal), worker.done]);
    const timer = setTimeout(() => void worker.stop(), shutdown * 1000);
    await worker.drain().finally(() => clearTimeout(timer));
  } finally {
    await queue.close();
    await storage.close();
  }
}
