import { batchRoutes } from "../batches/batch-routes.ts";
import { BatchRunner } from "../batches/batch-runner.ts";
import { BatchStore } from "../batches/batch-store.ts";
import type { ServiceParts } from "../create-handler.ts";
import { fileRoutes } from "../files/file-routes.ts";
import { FileStore } from "../files/file-store.ts";
import type { ServiceApp } from "../http/app.ts";
import { type Status, statusRoutes } from "../pages/status.ts";

/** Options of {@link addServiceRoutes}. */
export interface ServiceRouteOptions {
  /** Reads what the page at `/status` shows. */
  readonly readStatus: () => Promise<Status>;
  /** How many lines of a batch run at a time: enough to keep the workers busy. 64 by default. */
  readonly linesInFlight?: number | undefined;
  /** Whether nobody else uses the storage, so that batches that a killed process left go on at once; false by default. */
  readonly isAlone?: boolean | undefined;
}

/**
 * Adds `/v1/files`, `/v1/batches` and `/status`.
 *
 * @returns What runs the batches: start it when models or workers are there.
 *
 * @example
 * const activity = new Activity({ version: "1", queue: handler.parts.queue, cards: () => handler.prepare() });
 * const batches = addServiceRoutes(handler.app, handler.parts, { readStatus: activity.read });
 * await handler.prepare();
 * batches.start();
 */
export function addServiceRoutes(
  app: ServiceApp,
  { images, storage, limits }: ServiceParts,
  { readStatus, linesInFlight = 64, isAlone }: ServiceRouteOptions,
): BatchRunner {
  const files = new FileStore(storage);
  const batches = new BatchStore(storage);
  const runner = new BatchRunner({
    ...{ store: batches, files, service: images, linesInFlight, isAlone },
    lineBytes: limits.jsonImageBytes,
  });
  fileRoutes(app, { files });
  batchRoutes(app, { batches, files, runner });
  statusRoutes(app, { read: readStatus });
  return runner;
}
