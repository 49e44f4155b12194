import { setTimeout as sleep } from "node:timers/promises";
import { UnsupportedError } from "@onestep/core";
import { createHandler, type Handler, type LoadEvent } from "@onestep/server";
import {
  Activity,
  addServiceRoutes,
  type BatchRunner,
  createFrontEnd,
  type FrontEnd,
  Metrics,
  openLocalState,
  openQueue,
  openStorage,
  pageRoutes,
  queueDashboard,
  startExpiry,
  startServer,
} from "@onestep/server/node";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/text.ts";
import { readVersion } from "../version.ts";
import { readServedModels } from "./served-models.ts";
import {
  type Address,
  openLog,
  readAddress,
  readHandlerOptions,
  readInstances,
  readMaxBatch,
  readMemoryBudget,
  readSharedStorage,
  readShutdown,
  readStateFolder,
} from "./service-readers.ts";
import type { ServiceSettings } from "./service-settings.ts";

/** `onestep serve`: answers requests until it is told to stop. */
export async function serveImages(invocation: Invocation, settings: ServiceSettings): Promise<void> {
  const queue = settings.text("queue");
  return queue === undefined ? serveModels(invocation, settings) : serveQueue(invocation, settings, queue);
}

/** A service on one machine: loads the models before it listens. */
async function serveModels(invocation: Invocation, settings: ServiceSettings): Promise<void> {
  const { output, signal, system } = invocation;
  const address = readAddress(settings);
  const common = await readHandlerOptions(invocation, settings, address);
  const models = readServedModels(invocation, settings);
  const shutdown = readShutdown(settings);
  const log = openLog(invocation, settings);
  const state = await openLocalState(readStateFolder(settings, system.environment, address.port));
  const { queue, storage } = state;
  const metrics = new Metrics({ queue, models: async () => Object.keys(models) });
  const activity = new Activity({
    ...{ queue, version: readVersion() },
    cards: () => handler.prepare(),
    memory: () => handler.memory(),
  });
  const handler: Handler = createHandler({
    ...common,
    ...{ models, queue, storage, maxBatch: readMaxBatch(settings), instances: readInstances(settings) },
    memoryBudget: readMemoryBudget(settings),
    readMemory: () => process.memoryUsage.rss(),
    onLoad(event) {
      metrics.onLoad(event);
      output.note(describeLoad(event));
    },
    onRun(report) {
      metrics.onRun(report);
      activity.onRun(report);
      log.onRun(report);
    },
    onRequest(report) {
      metrics.onRequest(report);
      activity.onRequest(report);
      log.onRequest(report);
    },
    onWait: (model, seconds) => metrics.observeWait(model, seconds),
    addRoutes: (app) => metrics.addRoute(app),
  });
  const batches = addServiceRoutes(handler.app, handler.parts, {
    readStatus: activity.read,
    isAlone: true,
  });
  try {
    await pageRoutes(handler.app);
    output.progress.showTask("Loading");
    await handler.prepare(signal);
    output.progress.clear();
    await listen(invocation, handler, { address, shutdown, models: Object.keys(models), storage, batches });
  } finally {
    await handler.close();
    await state.close();
  }
}

/** How a model was loaded, and what was measured. */
export function describeLoad({ card, instances, seconds }: LoadEvent): string {
  const { name, secondsPerImage, bestBatch } = card;
  const batches = bestBatch === 1 ? "" : `, ${bestBatch} in a run`;
  const runs = instances === 1 ? "" : `, ${instances} runs at a time`;
  return `${name}: loaded in ${formatDuration(seconds * 1000)}, ${formatDuration(secondsPerImage * 1000)} an image${batches}${runs}`;
}

/** A front end: workers make the images. */
async function serveQueue(invocation: Invocation, settings: ServiceSettings, url: string): Promise<void> {
  const { arguments: parsed, output, system } = invocation;
  const [model] = parsed.positionals;
  if (model !== undefined) {
    throw new UsageError(
      `With --queue, workers have the models. Start \`onestep worker --queue … ${model}\`, and leave it out here.`,
    );
  }
  const address = readAddress(settings);
  const common = await readHandlerOptions(invocation, settings, address);
  const shutdown = readShutdown(settings);
  const log = openLog(invocation, settings);
  const storage = await openStorage(readSharedStorage(settings, system.environment), system.environment);
  const queue = await openQueue(url, { waitForServer: queueWait });
  const frontEnd: { current?: FrontEnd } = {};
  const metrics = new Metrics({
    queue,
    models: async () => ((await frontEnd.current?.workers.cards()) ?? []).map(({ name }) => name),
  });
  const activity = new Activity({
    ...{ queue, version: readVersion() },
    cards: async () => (await frontEnd.current?.workers.cards()) ?? [],
    workers: async () => (await frontEnd.current?.workers.workers()) ?? [],
  });
  const handler = createFrontEnd({
    ...{ ...common, queue, storage },
    onRequest(report) {
      metrics.onRequest(report);
      activity.onRequest(report);
      log.onRequest(report);
    },
    onWait(name, seconds) {
      metrics.observeWait(name, seconds);
      activity.onImages(1);
    },
    addRoutes: (app) => metrics.addRoute(app),
  });
  frontEnd.current = handler;
  const batches = addServiceRoutes(handler.app, handler.parts, { readStatus: activity.read });
  try {
    await pageRoutes(handler.app);
    const models = async (): Promise<string[]> => (await handler.workers.cards()).map(({ name }) => name);
    await queueDashboard(handler.app, { queue, models }).catch((error: unknown) => {
      if (!UnsupportedError.isInstance(error)) throw error;
      output.note(error.message);
    });
    await listen(invocation, handler, { address, shutdown, models: await models(), storage, batches });
  } finally {
    await handler.close();
  }
}

/** How long a front end or a worker waits for a queue server that is still starting, in seconds. */
export const queueWait = 30;

/** A service that is ready to listen. */
interface Listening {
  readonly address: Address;
  readonly shutdown: number;
  readonly models: readonly string[];
  readonly storage: Parameters<typeof startExpiry>[0];
  readonly batches: BatchRunner;
}

async function listen(
  { output, signal }: Invocation,
  handler: { (request: Request): Promise<Response>; drain(): void },
  { address, shutdown, models, storage, batches }: Listening,
): Promise<void> {
  const server = await startServer(handler, address);
  const stopExpiry = startExpiry(storage, (error) =>
    output.warn(`What has expired cannot be deleted: ${String(error)}`),
  );
  batches.start();
  try {
    const { url } = server;
    const served = models.length === 0 ? "No worker yet" : models.join(", ");
    output.result({ lines: [`${served}: ${url} (API: ${url}/v1)`], document: { url, models } });
    await untilAborted(signal);
    handler.drain();
    await batches.stop();
    await server.close(shutdown);
  } finally {
    stopExpiry();
    await batches.stop();
  }
}

/** Resolves when the signal aborts. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(2 ** 30, undefined, { signal }).catch(() => undefined);
}
