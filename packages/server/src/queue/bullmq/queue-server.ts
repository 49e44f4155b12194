import { OnestepError } from "@onestep/core";
import type { IQueueBackend, Queue, QueueEvents, Worker } from "bullmq";
import { QueueUnavailableError } from "../../errors.ts";
import type { JobPreview } from "../../job.ts";
import { type Connection, type Driver, openDriver } from "./drivers.ts";
import { importPackage, ServerAddress } from "./server-address.ts";
import type { StoredJob, StoredOutcome } from "./stored-job.ts";

export type StoredQueue = Queue<
  StoredJob,
  StoredOutcome,
  string,
  StoredJob,
  StoredOutcome,
  string,
  IQueueBackend,
  Connection
>;
export type StoredWorker = Worker<
  StoredJob,
  StoredOutcome,
  string,
  IQueueBackend,
  JobPreview | number,
  Connection
>;
export type StoredEvents = QueueEvents<StoredOutcome, IQueueBackend, Connection>;

/** What a {@link QueueServer} is opened with. */
export interface QueueServerOptions {
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
  /** Milliseconds to wait for a server that is not there at the start. */
  readonly wait: number;
}

/** A connection to Redis, Valkey or PostgreSQL, and BullMQ's objects over it. */
export class QueueServer {
  readonly #bullmq: typeof import("bullmq");
  readonly #driver: Driver;
  readonly #address: ServerAddress;
  readonly #timeout: number;
  readonly #calls = new Set<(error: unknown) => void>();
  #isClosed = false;

  private constructor(
    bullmq: typeof import("bullmq"),
    driver: Driver,
    address: ServerAddress,
    timeout: number,
  ) {
    this.#bullmq = bullmq;
    this.#driver = driver;
    this.#address = address;
    this.#timeout = timeout;
  }

  /**
   * @throws InvalidArgumentError unless the URL is one of a queue server.
   * @throws UnsupportedError if a package is missing.
   * @throws QueueUnavailableError if the server does not answer.
   */
  static async open(url: string, { timeout, wait }: QueueServerOptions): Promise<QueueServer> {
    const address = new ServerAddress(url);
    const bullmq = await importPackage(address, async () => await import("bullmq"));
    const start = performance.now();
    for (;;) {
      try {
        return new QueueServer(bullmq, await openDriver(address, bullmq, timeout), address, timeout);
      } catch (error) {
        if (OnestepError.isInstance(error)) throw error;
        if (performance.now() - start >= wait) throw address.unavailable(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async openQueue(name: string): Promise<StoredQueue> {
    const { Queue } = this.#bullmq;
    return await this.#ready(new Queue(name, { connection: {} }, this.#driver.backend));
  }

  /** A worker that fetches when it is asked to, and looks for jobs of dead workers by itself. */
  async openWorker(name: string, leaseMs: number, stalledMs: number): Promise<StoredWorker> {
    const { Worker } = this.#bullmq;
    const options = {
      connection: {},
      autorun: false,
      lockDuration: leaseMs,
      stalledInterval: stalledMs,
      // A worker that dies or is drained is not the job's fault. This is the largest integer of PostgreSQL.
      maxStalledCount: 2 ** 31 - 1,
    };
    const worker: StoredWorker = new Worker(name, null, options, this.#driver.backend);
    await this.#ready(worker);
    await worker.startStalledCheckTimer();
    return worker;
  }

  /** The events of a queue from now on. */
  async openEvents(queue: StoredQueue): Promise<StoredEvents> {
    const { QueueEvents } = this.#bullmq;
    // The place from which events are read is named: BullMQ's "from now on" begins at some later moment.
    const lastEventId = await this.call(
      async () => await queue.getBackend().publishEvent({ event: "subscribed" }, 10_000),
    );
    const options = { connection: {}, autorun: false, lastEventId, blockingTimeout: 2000 };
    const events: StoredEvents = new QueueEvents(queue.name, options, this.#driver.backend);
    await this.#ready(events);
    void this.#consume(events);
    return events;
  }

  /**
   * Makes a call that has a bounded time, and whose errors tell a server that is away from one that refuses. Closing ends
   * it too: BullMQ never answers what is asked of a closed queue.
   */
  async call<Result>(operation: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw closedError();
    let giveUp = (_error: unknown): void => {};
    const never = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    const timer = setTimeout(
      () => giveUp(new Error(`no answer within ${this.#timeout / 1000} s`)),
      this.#timeout,
    );
    this.#calls.add(giveUp);
    try {
      return await Promise.race([operation(), never]);
    } catch (error) {
      const isOurs = OnestepError.isInstance(error) || error instanceof TypeError || isRefusal(error);
      throw isOurs ? error : this.#address.unavailable(error);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(giveUp);
    }
  }

  /** Closes what was opened here. Does not wait long for a server that is away. */
  async close(opened: readonly { close(): Promise<void> }[]): Promise<void> {
    this.#isClosed = true;
    for (const giveUp of this.#calls) giveUp(closedError());
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
    await Promise.race([Promise.allSettled(opened.map(async (each) => await each.close())), patience]);
    await Promise.race([this.#driver.close().catch(ignore), patience]);
  }

  /** BullMQ keeps a failed start for ever, so that what did not become ready is thrown away. */
  async #ready<Opened extends StoredQueue | StoredWorker | StoredEvents>(opened: Opened): Promise<Opened> {
    const listener: { on(event: "error", listener: (error: Error) => void): unknown } = opened;
    // An outage is seen by the calls that it fails. An error that nobody listens to would end the process.
    listener.on("error", ignore);
    try {
      await this.call(async () => await opened.waitUntilReady());
      return opened;
    } catch (error) {
      opened.close().catch(ignore);
      throw error;
    }
  }

  async #consume(events: StoredEvents): Promise<void> {
    while (events.closing === undefined) {
      await events.run().catch(ignore);
      await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  }
}

/** The error of calls that a closed queue does not answer. */
export function closedError(): QueueUnavailableError {
  return new QueueUnavailableError("The queue was closed.");
}

/** Whether BullMQ says that the job is not there, not in that state, or held by somebody else. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number" && error.code < 0;
}

function ignore(): void {}
