import type { RequestReport } from "../http/app.ts";
import type { Status } from "../pages/status.ts";
import type { JobQueue } from "../queue/queue.ts";
import type { ModelCard } from "../service/model-card.ts";
import type { SeenWorker } from "../service/worker-registry.ts";
import type { RunReport } from "../worker/worker.ts";

/** What {@link Activity} reads the state from. */
export interface ActivityOptions {
  readonly version: string;
  readonly queue: JobQueue;
  readonly cards: () => Promise<readonly ModelCard[]>;
  /** The workers on other machines; none on one machine, which is its own worker. */
  readonly workers?: (() => Promise<readonly SeenWorker[]>) | undefined;
  /** What is in memory, in bytes by model. */
  readonly memory?: (() => ReadonlyMap<string, number>) | undefined;
}

/** Rates are those of the last minute, in seconds. */
const minute = 60;

/** Requests of people and programs, not those that look after the service. */
const isWork = (route: string): boolean => route.startsWith("/v1/");

/**
 * Counts what a service does, and reads its state for the page at `/status`.
 *
 * @example
 * const queue = new MemoryQueue();
 * const activity = new Activity({ version: "1", queue, cards: () => handler.prepare() });
 * const handler = createHandler({ models, queue, onRequest: activity.onRequest, onRun: activity.onRun });
 * statusRoutes(handler.app, { read: activity.read });
 */
export class Activity {
  readonly #options: ActivityOptions;
  readonly #startedAt: number = performance.now();
  readonly #requests = new MinuteCounter();
  readonly #images = new MinuteCounter();
  #running = 0;

  constructor(options: ActivityOptions) {
    this.#options = options;
  }

  /** Counts a request. */
  readonly onRequest = ({ route }: RequestReport): void => {
    if (isWork(route)) this.#requests.add(1);
  };

  /** Counts a run of this process. */
  readonly onRun = ({ jobs, outcome }: RunReport): void => {
    if (outcome === "completed") this.onImages(jobs.length);
  };

  /** Counts images that were made, here or elsewhere. */
  onImages(count: number): void {
    this.#images.add(count);
  }

  /** The state of the service. */
  readonly read = async (): Promise<Status> => {
    const { version, queue, cards, workers, memory } = this.#options;
    const [load, models, failures, seen] = await Promise.all([
      queue.load(),
      cards(),
      queue.failures(),
      workers?.(),
    ]);
    this.#running = load.running;
    const uptime = (performance.now() - this.#startedAt) / 1000;
    const loaded = memory?.();
    return {
      ...{ version, uptime_seconds: uptime, queue: load },
      models: models.map((card) => ({
        id: card.name,
        loaded: loaded?.has(card.name) ?? true,
        memory_bytes: loaded?.get(card.name) ?? null,
        seconds_per_image: card.secondsPerImage,
        best_batch: card.bestBatch,
      })),
      rates: { images_per_minute: this.#images.sum(), requests_per_minute: this.#requests.sum() },
      workers: seen?.map(toWorker) ?? [this.#self(models)],
      failures: failures.map(({ id, model, failure, failedAt }) => ({
        ...{ id, model, code: failure.code, failed_at: failedAt },
        message: failure.status < 500 ? "The request was not valid." : failure.message,
      })),
    };
  };

  #self(models: readonly ModelCard[]): Status["workers"][number] {
    const { version } = this.#options;
    return {
      id: "this process",
      models: models.map(({ name }) => name),
      running: this.#running,
      version,
      last_seen_seconds: 0,
    };
  }
}

function toWorker({ id, cards, running, version, age }: SeenWorker): Status["workers"][number] {
  return { id, models: cards.map(({ name }) => name), running, version, last_seen_seconds: age };
}

/** Counts the events of the last minute, by the second: adding one costs the same however many there are. */
class MinuteCounter {
  readonly #counts = new Map<number, number>();

  add(count: number): void {
    const second = Math.floor(performance.now() / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + count);
    if (this.#counts.size > minute) this.#forget(second);
  }

  sum(): number {
    this.#forget(Math.floor(performance.now() / 1000));
    return [...this.#counts.values()].reduce((total, count) => total + count, 0);
  }

  #forget(now: number): void {
    for (const second of this.#counts.keys()) {
      if (second > now - minute) return;
      this.#counts.delete(second);
    }
  }
}
