import { controlQueueName } from "./queue-name.ts";
import type { QueueServer, StoredEvents, StoredQueue } from "./queue-server.ts";

/** What is said to all workers: a job was cancelled, or jobs were given back. */
export interface ControlListener {
  readonly cancelled: (id: string) => void;
  readonly released: () => void;
}

const field = "model:";

/** The queue in which nothing waits: it has the names of all models, and events for all workers. */
export class ModelRegistry {
  readonly #server: QueueServer;
  readonly #registered = new Set<string>();
  #queue: Promise<StoredQueue> | undefined;
  #events: Promise<StoredEvents> | undefined;

  constructor(server: QueueServer) {
    this.#server = server;
  }

  /** Adds models to the list. */
  async register(models: Iterable<string>): Promise<void> {
    const added = [...models].filter((model) => !this.#registered.has(model));
    if (added.length === 0) return;
    const queue = await this.#open();
    const values = Object.fromEntries(added.map((model) => [field + model, "1"]));
    await this.#server.call(async () => await queue.getBackend().setQueueMeta(values));
    for (const model of added) this.#registered.add(model);
  }

  /** The models that have ever had a queue on this server. */
  async list(): Promise<readonly string[]> {
    const queue = await this.#open();
    const meta = await this.#server.call(async () => await queue.getBackend().getQueueMeta());
    return Object.keys(meta)
      .filter((key) => key.startsWith(field))
      .map((key) => key.slice(field.length));
  }

  /** Tells all workers. */
  async publish(
    event: { readonly event: "cancelled"; readonly jobId: string } | { readonly event: "released" },
  ): Promise<void> {
    const queue = await this.#open();
    await this.#server.call(async () => await queue.getBackend().publishEvent(event, 10_000));
  }

  /** Listens from now on. A second call changes nothing. */
  async listen(listener: ControlListener): Promise<void> {
    this.#events ??= this.#openEvents(listener).catch((error: unknown) => {
      this.#events = undefined;
      throw error;
    });
    await this.#events;
  }

  /** What is to be closed. */
  async opened(): Promise<readonly { close(): Promise<void> }[]> {
    const both = await Promise.allSettled([this.#queue, this.#events]);
    return both.flatMap((each) =>
      each.status === "fulfilled" && each.value !== undefined ? [each.value] : [],
    );
  }

  #open(): Promise<StoredQueue> {
    this.#queue ??= this.#server.openQueue(controlQueueName).catch((error: unknown) => {
      this.#queue = undefined;
      throw error;
    });
    return this.#queue;
  }

  async #openEvents({ cancelled, released }: ControlListener): Promise<StoredEvents> {
    const events = await this.#server.openEvents(await this.#open());
    const emitter: { on(event: string, listener: (event: { readonly jobId?: string }) => void): unknown } =
      events;
    emitter.on("cancelled", ({ jobId }) => {
      if (jobId !== undefined) cancelled(jobId);
    });
    emitter.on("released", released);
    return events;
  }
}
