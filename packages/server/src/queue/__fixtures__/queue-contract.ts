import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UnknownJobError } from "../../errors.ts";
import type { ImageJob, JobFailure, JobOutcome, JobPreview, StoredImage } from "../../job.ts";
import type { Claim, JobQueue } from "../queue.ts";

/** What {@link describeJobQueue} is told of a queue. */
export interface JobQueueUnderTest {
  /** Opens the queue; a second call opens the same queue as another process would, where there are several. */
  readonly open: () => Promise<JobQueue>;
  /** How long a claim is held without being renewed; undefined if for ever. */
  readonly leaseSeconds?: number | undefined;
}

let lastNumber = 0;

/** A job of a model of its own, unless the settings name one. */
export function makeJob(settings: Partial<ImageJob> = {}): ImageJob {
  const number = ++lastNumber;
  return {
    // Tests sort by it.
    id: `job-${process.pid}-${String(number).padStart(4, "0")}`,
    format: 1,
    model: `a model/${process.pid}:${number}`,
    task: "generation",
    owner: "key-1",
    priority: "interactive",
    cost: 2,
    group: "32x32",
    durable: true,
    settings: { seed: 2 ** 53 - 1, prompt: "ein „Zitat“ 🦊 \\u0000" },
    output: { format: "png", key: "images/1", previews: 0 },
    ...settings,
  };
}

export const image: StoredImage = {
  key: "images/1.png",
  mediaType: "image/png",
  width: 32,
  height: 32,
  bytes: 100,
};

export const completed: Extract<JobOutcome, { readonly status: "completed" }> = {
  status: "completed",
  image,
  seconds: 0.25,
  batchSize: 2,
  storage: "storage-1",
};

const failure: JobFailure = {
  status: 500,
  code: "model_failed",
  message: "NaN in “the” decoder",
  param: "prompt",
};

/** Claims jobs of a model; fails if there are none for 20 s. */
export async function claimJobs(queue: JobQueue, model: string, count = 1): Promise<readonly Claim[]> {
  return await queue.claim({ models: [model], count, signal: AbortSignal.timeout(20_000) });
}

/** The only job that there is to claim. */
export async function claimJob(queue: JobQueue, model: string): Promise<Claim> {
  const [claim] = await claimJobs(queue, model);
  if (claim === undefined) throw new Error(`There is no job of ${model}.`);
  return claim;
}

/** Whether nothing can be claimed for a moment. */
async function isEmpty(queue: JobQueue, model: string): Promise<boolean> {
  const claims = await queue.claim({ models: [model], count: 1, signal: AbortSignal.timeout(200) });
  return claims.length === 0;
}

/** What every queue of jobs does, for each kind of queue. */
export function describeJobQueue(name: string, { open, leaseSeconds }: JobQueueUnderTest): void {
  describe(`${name}, as every queue`, () => {
    let queue: JobQueue;

    beforeAll(async () => {
      queue = await open();
    });
    afterAll(async () => await queue?.close());

    it("hands a job to a worker as it was added, and its outcome to all who wait, before and after", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const early = queue.wait(job.id);
      const claim = await claimJob(queue, job.model);
      expect(claim.job).toEqual(job);
      expect(claim.failures).toBe(0);
      expect(claim.signal.aborted).toBe(false);
      expect(await queue.complete(claim, completed)).toBe(true);
      expect(await early).toEqual(completed);
      expect(await queue.wait(job.id)).toEqual(completed);
      const late = await open();
      expect(await late.wait(job.id)).toEqual(completed);
      await late.close();
    });

    it("adds no id twice, not even after its job was completed", async () => {
      const job = makeJob();
      await queue.enqueue([job, job]);
      await queue.enqueue([{ ...job, settings: { seed: 1 } }]);
      const claim = await claimJob(queue, job.model);
      expect(claim.job.settings).toEqual(job.settings);
      expect(await isEmpty(queue, job.model)).toBe(true);
      await queue.complete(claim, completed);
      await queue.enqueue([job]);
      expect(await isEmpty(queue, job.model)).toBe(true);
      expect(await queue.wait(job.id)).toEqual(completed);
    });

    it("hands out interactive jobs before those of batches, and each kind in order", async () => {
      const { model } = makeJob();
      const batch = [makeJob({ model, priority: "batch" }), makeJob({ model, priority: "batch" })];
      const interactive = [makeJob({ model }), makeJob({ model })];
      await queue.enqueue(batch);
      await queue.enqueue(interactive);
      const ids: string[] = [];
      for (let turn = 0; turn < 4; turn++) ids.push((await claimJob(queue, model)).job.id);
      expect(ids).toEqual([...interactive, ...batch].map(({ id }) => id));
    });

    it("hands out several jobs of one group at once, and none of another", async () => {
      const { model } = makeJob();
      const jobs = ["a", "a", "b"].map((group) => makeJob({ model, group }));
      await queue.enqueue(jobs);
      const first = await claimJobs(queue, model, 8);
      expect(first.map(({ job }) => job.id)).toEqual([jobs[0]?.id, jobs[1]?.id]);
      const [other] = await claimJobs(queue, model, 8);
      expect(other?.job.id).toBe(jobs[2]?.id);
      expect(other?.failures).toBe(0);
    });

    it("hands out many jobs of a group at once in order, each once", async () => {
      const { model } = makeJob();
      const jobs = Array.from({ length: 24 }, () => makeJob({ model }));
      await queue.enqueue(jobs);
      const ids: string[] = [];
      while (ids.length < jobs.length) {
        for (const { job } of await claimJobs(queue, model, 8)) ids.push(job.id);
      }
      expect(ids).toEqual(jobs.map(({ id }) => id));
    });

    it("hands out jobs of the models that a worker has, and of no others", async () => {
      const jobs = [makeJob(), makeJob(), makeJob()];
      await queue.enqueue(jobs);
      const models = jobs.slice(0, 2).map(({ model }) => model);
      const ids: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        const claims = await queue.claim({ models, count: 1, signal: AbortSignal.timeout(20_000) });
        ids.push(...claims.map(({ job }) => job.id));
      }
      expect(ids.sort()).toEqual(jobs.slice(0, 2).map(({ id }) => id));
    });

    it("wakes a worker that waits, and ends its wait when it is told to", async () => {
      const job = makeJob();
      const claiming = claimJob(queue, job.model);
      await delay(100);
      await queue.enqueue([job]);
      expect((await claiming).job.id).toBe(job.id);
      const end = new AbortController();
      const waiting = queue.claim({ models: [job.model], count: 1, signal: end.signal });
      end.abort();
      expect(await waiting).toEqual([]);
    });

    it("counts what is given back as not taken, and hands it out next", async () => {
      const { model } = makeJob();
      const [first, second] = [makeJob({ model }), makeJob({ model })];
      await queue.enqueue([first, second]);
      for (let turn = 0; turn < 5; turn++) {
        const claim = await claimJob(queue, model);
        expect(claim.job.id).toBe(first.id);
        expect(claim.failures).toBe(0);
        await queue.release([claim]);
        expect(await queue.complete(claim, completed)).toBe(false);
      }
    });

    it("lets a job fail three times, and then for good", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      for (let failures = 0; failures < 3; failures++) {
        const claim = await claimJob(queue, job.model);
        expect(claim.failures).toBe(failures);
        expect(await queue.fail(claim, failure, true)).toBe(true);
        expect(await queue.fail(claim, failure, true)).toBe(false);
      }
      expect(await queue.wait(job.id)).toEqual({ status: "failed", failure });
      expect(await isEmpty(queue, job.model)).toBe(true);
      const failed = (await queue.failures()).find(({ id }) => id === job.id);
      expect(failed).toMatchObject({ id: job.id, model: job.model, failure });
      expect(Math.abs((failed?.failedAt ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    });

    it("lets a job fail at once that is not to be tried again", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      expect(await queue.fail(await claimJob(queue, job.model), failure, false)).toBe(true);
      expect(await queue.wait(job.id)).toEqual({ status: "failed", failure });
    });

    it("cancels a job that waits", async () => {
      const { model } = makeJob();
      const [cancelled, next] = [makeJob({ model }), makeJob({ model })];
      await queue.enqueue([cancelled, next]);
      const waiting = queue.wait(cancelled.id);
      await queue.cancel([cancelled.id]);
      expect(await waiting).toEqual({ status: "cancelled" });
      expect(await queue.wait(cancelled.id)).toEqual({ status: "cancelled" });
      expect((await claimJob(queue, model)).job.id).toBe(next.id);
      expect(await queue.wait(cancelled.id)).toEqual({ status: "cancelled" });
      await queue.enqueue([cancelled]);
      expect(await isEmpty(queue, model)).toBe(true);
    });

    it("cancels a job that runs, tells its worker, and takes no outcome from it", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const claim = await claimJob(queue, job.model);
      const waiting = queue.wait(job.id);
      const other = await open();
      await other.cancel([job.id, "unknown"]);
      await other.close();
      expect(await waiting).toEqual({ status: "cancelled" });
      await expect.poll(() => claim.signal.aborted, { timeout: 5000 }).toBe(true);
      expect(await queue.complete(claim, completed)).toBe(false);
      expect(await queue.wait(job.id)).toEqual({ status: "cancelled" });
    });

    it("leaves its outcome to a job that has one", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const claim = await claimJob(queue, job.model);
      await queue.complete(claim, completed);
      await queue.cancel([job.id]);
      expect(await queue.wait(job.id)).toEqual(completed);
      expect(await queue.fail(claim, failure, false)).toBe(false);
      expect(await queue.wait(job.id)).toEqual(completed);
    });

    it("announces previews in order, to those who come later the last one", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const claim = await claimJob(queue, job.model);
      const seen: JobPreview[] = [];
      const previews = [0, 1].map((index) => ({ index, image: { ...image, key: `previews/${index}.png` } }));
      const waiting = queue.wait(job.id, { onPreview: (preview) => seen.push(preview) });
      for (const preview of previews) {
        await queue.announce(claim, preview);
        await expect.poll(() => seen.at(-1), { timeout: 5000 }).toEqual(preview);
      }
      const late: JobPreview[] = [];
      const second = queue.wait(job.id, { onPreview: (preview) => late.push(preview) });
      await expect.poll(() => late.length, { timeout: 5000 }).toBe(1);
      expect(late).toEqual([previews[1]]);
      await queue.complete(claim, completed);
      expect(await waiting).toEqual(completed);
      expect(await second).toEqual(completed);
      expect(seen).toEqual(previews);
    });

    it("refuses to wait for an unknown job, and ends a wait when it is told to", async () => {
      await expect(queue.wait("unknown")).rejects.toSatisfy((error) => UnknownJobError.isInstance(error));
      const job = makeJob();
      await queue.enqueue([job]);
      const end = new AbortController();
      const waiting = queue.wait(job.id, { signal: end.signal });
      end.abort(new Error("gone"));
      await expect(waiting).rejects.toThrow("gone");
      expect((await claimJob(queue, job.model)).job.id).toBe(job.id);
    });

    it("tells what waits and runs", async () => {
      const { model } = makeJob();
      expect(await queue.load(model)).toEqual({ waiting: 0, running: 0, seconds: 0 });
      await queue.enqueue([makeJob({ model }), makeJob({ model, priority: "batch" }), makeJob({ model })]);
      await claimJob(queue, model);
      await expect
        .poll(async () => await queue.load(model), { timeout: 3000 })
        .toEqual({ waiting: 2, running: 1, seconds: 6 });
      const { waiting, running } = await queue.load();
      expect(waiting).toBeGreaterThanOrEqual(2);
      expect(running).toBeGreaterThanOrEqual(1);
    });

    it("keeps what is renewed", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const claim = await claimJob(queue, job.model);
      const rounds = leaseSeconds === undefined ? 2 : 5;
      for (let round = 0; round < rounds; round++) {
        await delay(((leaseSeconds ?? 0.2) * 1000) / 4);
        await queue.renew([claim]);
      }
      expect(claim.signal.aborted).toBe(false);
      expect(await queue.complete(claim, completed)).toBe(true);
    });

    if (leaseSeconds === undefined) return;

    it("hands the job of a lost worker to another, uncounted, and takes one outcome", async () => {
      const job = makeJob();
      await queue.enqueue([job]);
      const zombie = await claimJob(queue, job.model);
      const other = await open();
      const claim = await claimJob(other, job.model);
      expect(claim.job.id).toBe(job.id);
      expect(claim.failures).toBe(0);
      expect(claim.token).not.toBe(zombie.token);
      await queue.renew([zombie]);
      expect(zombie.signal.aborted).toBe(true);
      expect(await queue.complete(zombie, { ...completed, seconds: 99 })).toBe(false);
      expect(await other.complete(claim, completed)).toBe(true);
      expect(await queue.wait(job.id)).toEqual(completed);
      await other.close();
    });

    it("hands out the job of a lost worker before those that came after it", async () => {
      const { model } = makeJob();
      const jobs = [makeJob({ model }), makeJob({ model }), makeJob({ model, priority: "batch" })];
      await queue.enqueue(jobs);
      expect((await claimJob(queue, model)).job.id).toBe(jobs[0]?.id);
      await expect.poll(async () => (await queue.load(model)).waiting, { timeout: 10_000 }).toBe(3);
      const ids: string[] = [];
      for (let turn = 0; turn < 3; turn++) ids.push((await claimJob(queue, model)).job.id);
      expect(ids).toEqual(jobs.map(({ id }) => id));
    });
  });
}
