import type { Env, Hono } from "hono";
import { pageHeaders } from "./page-headers.ts";
import { statusHtml, statusStyles } from "./status-page.ts";
import { runStatusPage } from "./status-script.ts";

/** The state of a service, as `GET /status.json` answers it. Nothing in it comes from a request. */
export interface Status {
  readonly version: string;
  readonly uptime_seconds: number;
  readonly models: readonly ModelStatus[];
  /** What waits and runs, and the estimated seconds of it on one worker. */
  readonly queue: { readonly waiting: number; readonly running: number; readonly seconds: number };
  readonly rates: { readonly images_per_minute: number; readonly requests_per_minute: number };
  readonly workers: readonly WorkerStatus[];
  /** The last jobs that failed for good, newest first. */
  readonly failures: readonly FailureStatus[];
}

/** A model that is served. Figures are null as long as they are unknown. */
export interface ModelStatus {
  readonly id: string;
  readonly loaded: boolean;
  readonly memory_bytes: number | null;
  readonly seconds_per_image: number | null;
  /** The number of images that one run makes fastest. */
  readonly best_batch: number | null;
}

/** A process that makes images. */
export interface WorkerStatus {
  readonly id: string;
  readonly models: readonly string[];
  /** How many jobs it works on. */
  readonly running: number;
  readonly version: string;
  /** How long ago it was last heard of. */
  readonly last_seen_seconds: number;
}

/** A job that failed for good. */
export interface FailureStatus {
  readonly id: string;
  readonly model: string;
  readonly code: string;
  /** A sentence that quotes nothing of the request. */
  readonly message: string;
  /** In seconds since 1970. */
  readonly failed_at: number;
}

/** Options of {@link statusRoutes}. */
export interface StatusRoutesOptions {
  /** Reads the state. Requests that come while it is read share the answer. */
  read(): Promise<Status>;
}

/**
 * Serves the state of a service: `/status.json`, and `/status`, a page that shows it. Whoever mounts them guards
 * `/status.json` with the keys; the page and its files say nothing by themselves, and it asks for a key.
 *
 * @example
 * const activity = new Activity({ version: "1", queue: handler.parts.queue, cards: () => handler.prepare() });
 * statusRoutes(handler.app, { read: activity.read });
 */
export function statusRoutes<Vars extends Env>(app: Hono<Vars>, { read }: StatusRoutesOptions): void {
  let reading: Promise<Status> | undefined;
  const readOnce = (): Promise<Status> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  app.get("/status.json", async (context) => {
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    try {
      return context.json(only(await readOnce()));
    } catch {
      const message = "The state of the service cannot be read now.";
      const error = { message, type: "service_unavailable_error", param: null, code: "status_unavailable" };
      return context.json({ error }, 503, { "Retry-After": "5" });
    }
  });
  const serve = (path: string, type: string, text: string): void => {
    const headers = { ...pageHeaders, "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-cache" };
    app.get(path, (context) => context.body(text, 200, headers));
  };
  serve("/status", "text/html", statusHtml);
  serve("/status.css", "text/css", statusStyles);
  // A function that refers to nothing outside of itself.
  serve("/status.js", "text/javascript", `(${runStatusPage.toString()})();\n`);
}

/** The fields of a status and no others, whatever else the objects have. */
function only({ version, uptime_seconds, models, queue, rates, workers, failures }: Status): Status {
  return {
    version,
    uptime_seconds,
    models: models.map(({ id, loaded, memory_bytes, seconds_per_image, best_batch }) => ({
      id,
      loaded,
      memory_bytes,
      seconds_per_image,
      best_batch,
    })),
    queue: { waiting: queue.waiting, running: queue.running, seconds: queue.seconds },
    rates: { images_per_minute: rates.images_per_minute, requests_per_minute: rates.requests_per_minute },
    workers: workers.map(({ id, models: served, running, version: own, last_seen_seconds }) => ({
      id,
      models: served,
      running,
      version: own,
      last_seen_seconds,
    })),
    failures: failures.map(({ id, model, code, message, failed_at }) => ({
      id,
      model,
      code,
      message,
      failed_at,
    })),
  };
}
