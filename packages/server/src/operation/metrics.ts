import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RequestReport, ServiceApp } from "../http/app.ts";
import type { JobQueue } from "../queue/queue.ts";
import type { LoadEvent } from "../worker/model-host.ts";
import type { RunReport } from "../worker/worker.ts";

/** From 10 ms to 11 minutes, doubling; the first are those of OpenTelemetry's conventions for generative models. */
const seconds = Array.from({ length: 17 }, (_, index) => Number((0.01 * 2 ** index).toFixed(2)));
const batchSizes = [1, 2, 4, 8, 16, 32, 64];

/** What a {@link Metrics} reads when it is asked. */
export interface MetricsSources {
  readonly queue: JobQueue;
  /** The models to tell of. */
  readonly models: () => Promise<readonly string[]>;
}

/**
 * Counts what a service does, for Prometheus. Labels are models, statuses and outcomes; never owners, prompts or seeds.
 *
 * @example
 * const queue = new MemoryQueue();
 * const metrics = new Metrics({ queue, models: async () => Object.keys(models) });
 * const { onRequest, onRun, onLoad } = metrics;
 * const handler = createHandler({ models, queue, onRequest, onRun, onLoad, addRoutes: (app) => metrics.addRoute(app) });
 */
export class Metrics {
  readonly #registry: Registry = new Registry();
  readonly #requests: Histogram<"route" | "status">;
  readonly #waits: Histogram<"model">;
  readonly #runs: Histogram<"model" | "outcome">;
  readonly #batches: Histogram<"model">;
  readonly #images: Counter<"model">;
  readonly #steps: Counter<"model">;
  readonly #rejected: Counter<"reason">;
  readonly #lost: Counter<"model">;
  readonly #loads: Gauge<"model">;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const histogram = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      buckets: number[],
    ) => new Histogram({ name: `onestep_${name}`, help, labelNames, buckets, registers });
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name: `onestep_${name}`, help, labelNames, registers });
    this.#requests = histogram(
      "request_duration_seconds",
      "From a request to its answer",
      ["route", "status"],
      seconds,
    );
    this.#waits = histogram(
      "queue_time_seconds",
      "From a request to the end of its run, without the run",
      ["model"],
      seconds,
    );
    this.#runs = histogram("inference_time_seconds", "Of a run", ["model", "outcome"], seconds);
    this.#batches = histogram("batch_size", "Images of a run", ["model"], batchSizes);
    this.#images = counter("images_total", "Images made", ["model"]);
    this.#steps = counter("steps_total", "Denoising steps that requests asked for", ["model"]);
    this.#rejected = counter("rejected_total", "Requests refused", ["reason"]);
    this.#lost = counter("lease_lost_total", "Images whose lease was lost before they were done", ["model"]);
    this.#loads = new Gauge({
      name: "onestep_model_load_seconds",
      help: "To load and measure a model",
      labelNames: ["model"],
      registers,
    });
    watchQueue(sources, registers);
  }

  /** Counts a request. */
  readonly onRequest = ({ route, status, seconds: duration }: RequestReport): void => {
    this.#requests.observe({ route, status: String(status) }, duration);
    if (status === 429 || status === 503)
      this.#rejected.inc({ reason: status === 429 ? "key_limit" : "overload" });
  };

  /** Counts a run. */
  readonly onRun = ({ model, jobs, seconds: duration, outcome, lost }: RunReport): void => {
    this.#runs.observe({ model, outcome }, duration);
    if (lost > 0) this.#lost.inc({ model }, lost);
    if (outcome !== "completed") return;
    this.#batches.observe({ model }, jobs.length);
    this.#images.inc({ model }, jobs.length - lost);
    this.#steps.inc(
      { model },
      jobs.reduce((sum, { settings }) => sum + (settings.numInferenceSteps ?? 1), 0),
    );
  };

  /** Notes how long a model took to load. */
  readonly onLoad = ({ card, seconds: duration }: LoadEvent): void => {
    this.#loads.set({ model: card.name }, duration);
  };

  /** Notes how long a job waited before its run. */
  observeWait(model: string, duration: number): void {
    this.#waits.observe({ model }, duration);
  }

  /** The text that Prometheus reads. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Adds `/metrics`. */
  addRoute(app: ServiceApp): void {
    const headers = { "content-type": this.#registry.contentType };
    app.get("/metrics", async (context) => context.text(await this.read(), 200, headers));
  }
}

function watchQueue({ queue, models }: MetricsSources, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: (load: Awaited<ReturnType<JobQueue["load"]>>) => number) =>
    new Gauge({
      ...{ name: `onestep_${name}`, help, labelNames: ["model"], registers },
      async collect() {
        // Without its queue, a service still tells about the rest.
        const names = await models().catch(() => []);
        for (const model of names) {
          const load = await queue.load(model).catch(() => undefined);
          if (load !== undefined) this.set({ model }, read(load));
        }
      },
    });
  gauge("requests_waiting", "Images that wait", ({ waiting }) => waiting);
  gauge("requests_running", "Images being made", ({ running }) => running);
  gauge("queue_cost_seconds", "Seconds of work that waits or runs, for one worker", (load) => load.seconds);
}
