import { QueueUnavailableError } from "../../errors.ts";
import type { ImageJob, JobFailure, JobOutcome, JobPreview } from "../../job.ts";
import type { Claim, ClaimRequest, FailedJob, JobQueue, QueueLoad, WaitOptions } from "../queue.ts";
import { joinSignals, sleep } from "../waiting.ts";
import { JobWaiters, unknownJob } from "./job-waiters.ts";
import { ModelQueue, type ModelQueueOptions } from "./model-queue.ts";
import { ModelRegistry } from "./model-registry.ts";
import { closedError, type QueueServer, type StoredQueue } from "./queue-server.ts";
import { checkJob, type StoredBullJob } from "./stored-job.ts";

/** A claim that this process holds. */
interface HeldClaim {
  readonly queue: ModelQueue;
  readonly job: StoredBullJob;
  readonly abort: AbortController;
}

/** A queue of BullMQ for each model. */
export class BullMQQueue implements JobQueue {
  readonly #server: QueueServer;
  readonly #options: ModelQueueOptions;
  readonly #registry: ModelRegistry;
  readonly #models = new Map<string, { readonly queue: ModelQueue; readonly waiters: JobWaiters }>();
  /** By token. */
  readonly #held = new Map<string, HeldClaim>();
  /** The models of the last jobs, by id. */
  readonly #modelOf = new Map<string, string>();
  readonly #closing = new AbortController();
  #wake = new AbortController();

  constructor(server: QueueServer, options: ModelQueueOptions) {
    this.#server = server;
    this.#options = options;
    this.#registry = new ModelRegistry(server);
  }

  async enqueue(jobs: readonly ImageJob[]): Promise<void> {
    this.#checkOpen();
    for (const job of jobs) checkJob(job);
    const byModel = groupBy(jobs, ({ model }) => model);
    await this.#registry.register(byModel.keys());
    for (const [model, all] of byModel) {
      for (let start = 0; start < all.length; start += 500) {
        await this.#model(model).queue.add(all.slice(start, start + 500));
      }
      for (const { id } of all) this.#remember(id, model);
    }
  }

  async claim({ models, count, signal }: ClaimRequest): Promise<readonly Claim[]> {
    const either = joinSignals(signal, this.#closing.signal);
    try {
      return await this.#claim(models, count, either.signal);
    } finally {
      either.end();
    }
  }

  async renew(claims: readonly Claim[]): Promise<void> {
    const held = claims.filter(({ token }) => this.#held.has(token));
    for (const [model, all] of groupBy(held, ({ job }) => job.model)) {
      const lost = new Set(await this.#model(model).queue.extend(all));
      for (const { job, token } of all) {
        if (lost.has(job.id)) this.#lose(token, "The job was cancelled, or its lease ended.");
      }
    }
  }

  async announce({ token }: Claim, preview: JobPreview): Promise<void> {
    const held = this.#held.get(token);
    await held?.queue.announce(held.job, preview);
  }

  async complete(
    { token }: Claim,
    outcome: Extract<JobOutcome, { readonly status: "completed" }>,
  ): Promise<boolean> {
    return await this.#settle(token, async ({ queue, job }) => await queue.settle(job, token, outcome));
  }

  async fail({ token }: Claim, failure: JobFailure, again: boolean): Promise<boolean> {
    return await this.#settle(token, async ({ queue, job }) => await queue.fail(job, token, failure, again));
  }

  async release(claims: readonly Claim[]): Promise<void> {
    let released = 0;
    for (const { token } of claims) {
      const held = this.#held.get(token);
      if (held === undefined) continue;
      await held.queue.release(held.job, token);
      this.#held.delete(token);
      released++;
    }
    // On Redis, jobs that come back wake nobody.
    if (released > 0) await this.#registry.publish({ event: "released" });
  }

  async cancel(ids: readonly string[]): Promise<void> {
    this.#checkOpen();
    for (let start = 0; start < ids.length; start += 16) {
      await Promise.all(ids.slice(start, start + 16).map(async (id) => await this.#cancel(id)));
    }
  }

  async wait(id: string, options: WaitOptions = {}): Promise<JobOutcome> {
    this.#checkOpen();
    options.signal?.throwIfAborted();
    const model = await this.#locate(id);
    if (model === undefined) throw unknownJob(id);
    return await this.#model(model).waiters.wait(id, options);
  }

  async load(model?: string): Promise<QueueLoad> {
    this.#checkOpen();
    const models = model === undefined ? await this.#registry.list() : [model];
    const loads = await Promise.all(models.map(async (name) => await this.#model(name).queue.load()));
    return loads.reduce(
      (sum, { waiting, running, seconds }) => ({
        waiting: sum.waiting + waiting,
        running: sum.running + running,
        seconds: sum.seconds + seconds,
      }),
      { waiting: 0, running: 0, seconds: 0 },
    );
  }

  async failures(): Promise<readonly FailedJob[]> {
    this.#checkOpen();
    const models = await this.#registry.list();
    const all = await Promise.all(models.map(async (model) => await this.#model(model).queue.failures(100)));
    return all
      .flat()
      .sort((one, other) => other.failedAt - one.failedAt)
      .slice(0, 100);
  }

  /** BullMQ's queue of a model, to look at; it is closed with this one. */
  async queueOf(model: string): Promise<StoredQueue> {
    this.#checkOpen();
    return await this.#model(model).queue.open();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    const models = [...this.#models.values()];
    const opened = await Promise.all([
      this.#registry.opened(),
      ...models.map(async ({ queue }) => await queue.opened()),
    ]);
    await this.#server.close([...models.map(({ waiters }) => waiters), ...opened.flat()]);
  }

  /** Tries again and again, through any outage. */
  async #claim(models: readonly string[], count: number, end: AbortSignal): Promise<readonly Claim[]> {
    let delay = 250;
    while (!end.aborted) {
      try {
        await this.#registry.register(models);
        await this.#registry.listen({ cancelled: (id) => this.#abort(id), released: () => this.#wakeUp() });
        const claims = await this.#take(models, count);
        if (end.aborted) await this.release(claims);
        else if (claims.length > 0) return claims;
        else await this.#waitForWork(models, end);
        delay = 250;
      } catch (error) {
        if (!QueueUnavailableError.isInstance(error)) throw error;
        await sleep(delay * (0.5 + Math.random()), end);
        delay = Math.min(2 * delay, 2000);
      }
    }
    return [];
  }

  /** Takes the job whose turn it is, and those of its group that follow. */
  async #take(models: readonly string[], count: number): Promise<readonly Claim[]> {
    for (const model of await this.#order(models)) {
      const { queue } = this.#model(model);
      const first = await this.#takeOne(queue);
      if (first === undefined) continue;
      const claims = [first];
      try {
        if (count > 1) await this.#takeGroup(queue, claims, first.job.group, count - 1);
      } catch (error) {
        // What was taken stays taken if the server goes away now.
        if (!QueueUnavailableError.isInstance(error)) throw error;
      }
      return claims;
    }
    return [];
  }

  /** Looks before it takes: what is taken by mistake has to be given back. All are taken in the time of one. */
  async #takeGroup(queue: ModelQueue, claims: Claim[], group: string, count: number): Promise<void> {
    const next = await queue.peek(count);
    const end = next.findIndex((job) => job.group !== group);
    const takes = next.slice(0, end === -1 ? next.length : end).map(() => this.#takeOne(queue));
    const places = new Map(next.map(({ id }, place) => [id, place]));
    const placeOf = ({ job }: Claim): number => places.get(job.id) ?? count;
    const taken = (await Promise.allSettled(takes))
      .flatMap((take) => (take.status === "fulfilled" && take.value !== undefined ? [take.value] : []))
      .sort((one, other) => placeOf(one) - placeOf(other));
    claims.push(...taken.filter(({ job }) => job.group === group));
    // Each goes to the front: the last one first.
    await this.release(taken.filter(({ job }) => job.group !== group).reverse());
  }

  async #takeOne(queue: ModelQueue): Promise<Claim | undefined> {
    const token = crypto.randomUUID();
    const job = await queue.take(token);
    return job === undefined ? undefined : this.#hold(queue, job, token);
  }

  /** Models with interactive jobs come first; otherwise chance decides, so that none has to wait for another. */
  async #order(models: readonly string[]): Promise<readonly string[]> {
    if (models.length < 2) return models;
    const ranked = await Promise.all(
      models.map(async (model) => {
        const [next] = await this.#model(model).queue.peek(1);
        return { model, rank: (next?.priority === "interactive" ? 0 : 1) + Math.random() };
      }),
    );
    return ranked.sort((one, other) => one.rank - other.rank).map(({ model }) => model);
  }

  #hold(queue: ModelQueue, stored: StoredBullJob, token: string): Claim {
    const abort = new AbortController();
    this.#held.set(token, { queue, job: stored, abort });
    this.#remember(stored.data.id, queue.model);
    return { job: stored.data, token, failures: stored.attemptsMade, signal: abort.signal };
  }

  /** Once a claim is settled or lost, it is forgotten, and every later try is refused. */
  async #settle(token: string, settle: (held: HeldClaim) => Promise<boolean>): Promise<boolean> {
    const held = this.#held.get(token);
    if (held === undefined) return false;
    const settled = await settle(held);
    if (settled) this.#held.delete(token);
    else this.#lose(token, "The job was cancelled, or its lease ended.");
    return settled;
  }

  #lose(token: string, reason: string): void {
    const held = this.#held.get(token);
    this.#held.delete(token);
    held?.abort.abort(new DOMException(reason, "AbortError"));
  }

  /** Ends the claims of a job that was cancelled. */
  #abort(id: string): void {
    for (const [token, { job }] of this.#held) {
      if (job.id === id) this.#lose(token, "The job was cancelled.");
    }
  }

  async #waitForWork(models: readonly string[], end: AbortSignal): Promise<void> {
    const woken = joinSignals(end, this.#wake.signal);
    const work = models.map(async (model) => await this.#model(model).queue.waitForWork());
    await Promise.race([...work, sleep(1500, woken.signal)]);
    woken.end();
  }

  #wakeUp(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async #cancel(id: string): Promise<void> {
    const model = await this.#locate(id);
    if (model === undefined) return;
    const did = await this.#model(model).queue.cancel(id);
    if (did === "running") await this.#registry.publish({ event: "cancelled", jobId: id });
  }

  /** @returns The model of a job, or undefined if no queue knows it. */
  async #locate(id: string): Promise<string | undefined> {
    const known = this.#modelOf.get(id);
    if (known !== undefined) return known;
    const models = await this.#registry.list();
    const found = await Promise.all(
      models.map(async (model) =>
        (await this.#model(model).queue.find(id)) === undefined ? undefined : model,
      ),
    );
    const model = found.find((name) => name !== undefined);
    if (model !== undefined) this.#remember(id, model);
    return model;
  }

  #remember(id: string, model: string): void {
    this.#modelOf.set(id, model);
    if (this.#modelOf.size <= 10_000) return;
    for (const oldest of this.#modelOf.keys()) {
      this.#modelOf.delete(oldest);
      break;
    }
  }

  #model(model: string): { readonly queue: ModelQueue; readonly waiters: JobWaiters } {
    const known = this.#models.get(model);
    if (known !== undefined) return known;
    const queue = new ModelQueue(model, this.#server, this.#options);
    const opened = { queue, waiters: new JobWaiters(queue) };
    this.#models.set(model, opened);
    return opened;
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw closedError();
  }
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
