import { InvalidArgumentError, RasterImage } from "@onestep/core";
import {
  type ClassConditionalOutput,
  type ConsistencyModelGenerateOptions,
  ConsistencyModelPipeline,
  type DiffusionPipelineBase,
  type OutputType,
} from "@onestep/pipelines";
import { OutOfMemoryError } from "@onestep/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QueueUnavailableError } from "../errors.ts";
import type { ImageJob, JobOutcome } from "../job.ts";
import { claimJobs, makeJob } from "../queue/__fixtures__/queue-contract.ts";
import { MemoryQueue } from "../queue/memory-queue.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { imageSettingNames } from "./__fixtures__/image-setting-names.ts";
import { groupOf, sharing } from "./group.ts";
import { ModelHost } from "./model-host.ts";
import { type RunReport, runWorker } from "./worker.ts";

let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
});

afterAll(() => pipe.dispose());

/** A pipeline that fails for a class, and counts its runs. */
function faulty(
  failing: number,
  error: () => Error,
): { readonly pipe: DiffusionPipelineBase; readonly runs: number[] } {
  const runs: number[] = [];
  class FaultyPipeline extends ConsistencyModelPipeline {
    override async generate<Output extends OutputType = "image">(
      options: ConsistencyModelGenerateOptions<Output> = {},
    ): Promise<ClassConditionalOutput<Output>> {
      runs.push(options.batchSize ?? 1);
      if ((options.classLabels as readonly number[] | undefined)?.includes(failing) === true) throw error();
      return super.generate(options);
    }
  }
  return { pipe: new FaultyPipeline(pipe.components), runs };
}

interface Setup {
  readonly queue: MemoryQueue;
  readonly storage: MemoryStorage;
  readonly reports: RunReport[];
  /** The ids of the jobs of each run that began, and `"ended"` for each that ended. */
  readonly log: (readonly string[] | "ended")[];
  run(jobs: readonly ImageJob[]): Promise<readonly JobOutcome[]>;
  stop(): Promise<void>;
}

async function setUp(pipeline: DiffusionPipelineBase, maxBatch: number): Promise<Setup> {
  const queue = new MemoryQueue();
  const storage = new MemoryStorage();
  const host = new ModelHost({ models: { m: { pipeline } }, maxBatch });
  await host.prepare();
  const reports: RunReport[] = [];
  const log: (readonly string[] | "ended")[] = [];
  const end = new AbortController();
  return {
    ...{ queue, storage, reports, log },
    async run(jobs) {
      await queue.enqueue(jobs);
      const drain = new AbortController();
      const working = runWorker({
        ...{ queue, storage, host, drain: AbortSignal.any([drain.signal, end.signal]), stop: end.signal },
        onStart: (started) => log.push(started.map(({ id }) => id)),
        onRun: (report) => {
          log.push("ended");
          reports.push(report);
        },
      });
      const outcomes = await Promise.all(jobs.map(({ id }) => queue.wait(id)));
      drain.abort();
      await working;
      return outcomes;
    },
    async stop() {
      end.abort();
    },
  };
}

function jobs(labels: readonly number[]): readonly ImageJob[] {
  return labels.map((classLabel, index) => {
    const settings = { seed: index, classLabel };
    const own = { model: "m", task: "generation", settings } as const;
    const job = makeJob({ ...own, group: groupOf(own) });
    return { ...job, output: { format: "png", key: `images/${job.id}`, previews: 0 } };
  });
}

describe("runWorker", () => {
  it("makes jobs of a group in one run, each as alone, to 1/255", async () => {
    const { run, storage, reports } = await setUp(pipe, 4);
    const outcomes = await run(jobs([8, 10, 24, 3, 5]));
    expect(reports.map((report) => report.jobs.length)).toEqual([4, 1]);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status !== "completed") throw new Error(outcome.status);
      const made = await RasterImage.fromPng((await storage.get(outcome.image.key)) ?? new Uint8Array());
      const { images } = await pipe.generate({
        classLabels: [8, 10, 24, 3, 5][index] as number,
        seed: index,
      });
      const expected = images[0]?.data ?? new Uint8Array();
      expect(
        Math.max(...made.data.map((value, at) => Math.abs(value - (expected[at] ?? 0)))),
      ).toBeLessThanOrEqual(1);
    }
  });

  it("tells of the jobs of a run before it begins", async () => {
    const { run, log } = await setUp(pipe, 2);
    const own = jobs([8, 10]);
    await run(own);
    expect(log).toEqual([own.map(({ id }) => id), "ended"]);
  });

  it("fails the one job at fault, and makes the others", async () => {
    const fault = faulty(
      10,
      () =>
        new InvalidArgumentError({
          subject: "classLabels",
          found: "10",
          expected: "another",
          remedy: "Change it.",
        }),
    );
    const { run } = await setUp(fault.pipe, 4);
    const outcomes = await run(jobs([8, 10, 24]));
    expect(outcomes.map(({ status }) => status)).toEqual(["completed", "failed", "completed"]);
    expect(outcomes[1]).toMatchObject({ failure: { status: 400, code: "invalid_value" } });
  });

  it("tries again what may succeed, three times, and not what ran out of memory", async () => {
    const unknown = faulty(10, () => new Error("secret of the inside"));
    const first = await setUp(unknown.pipe, 1);
    // Those that measured the model.
    unknown.runs.length = 0;
    const [outcome] = await first.run(jobs([10]));
    expect(outcome).toEqual({
      status: "failed",
      failure: { status: 500, code: "server_error", message: "The image could not be made." },
    });
    expect(unknown.runs).toHaveLength(3);
    expect(await first.queue.failures()).toHaveLength(1);
    const memory = faulty(10, () => new OutOfMemoryError("no room"));
    const second = await setUp(memory.pipe, 1);
    memory.runs.length = 0;
    expect((await second.run(jobs([10])))[0]).toMatchObject({ failure: { code: "out_of_memory" } });
    expect(memory.runs).toHaveLength(1);
  });

  it("gives jobs back when it is stopped in the middle of a run", async () => {
    const queue = new MemoryQueue();
    const storage = new MemoryStorage();
    const host = new ModelHost({ models: { m: { pipeline: pipe } }, maxBatch: 1 });
    await host.prepare();
    const stop = new AbortController();
    const reports: RunReport[] = [];
    const [job] = jobs([8]) as [ImageJob];
    await queue.enqueue([{ ...job, settings: { ...job.settings, numInferenceSteps: 40 } }]);
    const working = runWorker({
      ...{ queue, storage, host, drain: stop.signal, stop: stop.signal },
      onRun: (report) => reports.push(report),
    });
    while ((await queue.load()).running === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await working;
    expect(reports).toMatchObject([{ outcome: "released" }]);
    const [claim] = await claimJobs(queue, "m");
    expect(claim).toMatchObject({ failures: 0, job: { id: job.id } });
  });
});

describe("a queue that is away for a moment", () => {
  it("gets the outcome of a run when it is back; the image is not made again", async () => {
    let tries = 0;
    class InterruptedQueue extends MemoryQueue {
      override async complete(...args: Parameters<MemoryQueue["complete"]>): Promise<boolean> {
        tries += 1;
        if (tries < 3) throw new QueueUnavailableError("The queue server is not available.");
        return await super.complete(...args);
      }
    }
    const queue = new InterruptedQueue();
    const storage = new MemoryStorage();
    const host = new ModelHost({ models: { m: { pipeline: pipe } }, maxBatch: 1 });
    await host.prepare();
    const drain = new AbortController();
    const reports: RunReport[] = [];
    const working = runWorker({
      ...{ queue, storage, host, drain: drain.signal, stop: new AbortController().signal },
      onRun: (report) => reports.push(report),
    });
    const [job] = jobs([8]) as [ImageJob];
    await queue.enqueue([job]);
    expect(await queue.wait(job.id)).toMatchObject({ status: "completed" });
    drain.abort();
    await working;
    expect(reports).toMatchObject([{ outcome: "completed", lost: 0 }]);
  });

  it("does not keep a worker that is stopped", async () => {
    const stop = new AbortController();
    class LostQueue extends MemoryQueue {
      override async complete(): Promise<boolean> {
        setTimeout(() => stop.abort());
        throw new QueueUnavailableError("The queue server is not available.");
      }
    }
    const queue = new LostQueue();
    const storage = new MemoryStorage();
    const host = new ModelHost({ models: { m: { pipeline: pipe } }, maxBatch: 1 });
    await host.prepare();
    await queue.enqueue(jobs([8]));
    await runWorker({ queue, storage, host, drain: stop.signal, stop: stop.signal });
    expect(stop.signal.aborted).toBe(true);
  });
});

describe("a storage that is full", () => {
  it("fails the job after three tries, and the worker goes on", async () => {
    const queue = new MemoryQueue();
    const storage = new MemoryStorage({ maxBytes: 10 });
    const host = new ModelHost({ models: { m: { pipeline: pipe } }, maxBatch: 1 });
    await host.prepare();
    const drain = new AbortController();
    const working = runWorker({ queue, storage, host, drain: drain.signal, stop: drain.signal });
    for (const job of jobs([8, 10])) {
      await queue.enqueue([job]);
      expect(await queue.wait(job.id)).toMatchObject({
        status: "failed",
        failure: { status: 507, code: "storage_failed" },
      });
    }
    drain.abort();
    await working;
  });
});

describe("the group of a job", () => {
  it("knows every setting of an image", () => {
    expect(Object.keys(sharing).sort()).toEqual([...imageSettingNames()].sort());
  });

  const base = { model: "m", task: "generation", settings: { seed: 1, prompt: "a", width: 64 } } as const;

  it("does not depend on seeds and texts", () => {
    expect(groupOf({ ...base, settings: { seed: 2, prompt: "b", width: 64 } })).toBe(groupOf(base));
  });

  it.each([
    ["the model", { ...base, model: "n" }],
    ["the task", { ...base, task: "edit" }],
    ["a negative text", { ...base, settings: { ...base.settings, negativePrompt: "" } }],
    ...Object.entries({
      numInferenceSteps: 2,
      guidanceScale: 2,
      guidanceRescale: 0.5,
      clipSkip: 1,
      eta: 1,
      strength: 0.5,
      width: 32,
      height: 32,
      adapters: [{ name: "a", scale: 1 }],
    }).map(([name, value]) => [name, { ...base, settings: { ...base.settings, [name]: value } }] as const),
  ] as const)("depends on %s", (_, other) => {
    expect(groupOf(other as Parameters<typeof groupOf>[0])).not.toBe(groupOf(base));
  });
});

describe("the instances of a model", () => {
  it("run at the same time: jobs are divided among them, and images stay those of generate, to 1/255", async () => {
    const queue = new MemoryQueue();
    const storage = new MemoryStorage();
    const loads: number[] = [];
    const host = new ModelHost({
      models: { m: {} },
      maxBatch: 4,
      instances: 2,
      onLoad: ({ instances }) => loads.push(instances),
    });
    await host.prepare();
    expect([loads, host.lanes]).toEqual([[2], 2]);
    const own = jobs([8, 10, 24, 3]);
    await queue.enqueue(own);
    const drain = new AbortController();
    const sizes: number[] = [];
    let running = 0;
    let most = 0;
    const working = runWorker({
      ...{ queue, storage, host, drain: drain.signal, stop: new AbortController().signal },
      onStart(started) {
        sizes.push(started.length);
        running += 1;
        most = Math.max(most, running);
      },
      onRun() {
        running -= 1;
      },
    });
    for (const [index, job] of own.entries()) {
      const outcome = await queue.wait(job.id);
      if (outcome.status !== "completed") throw new Error(outcome.status);
      const made = await RasterImage.fromPng((await storage.get(outcome.image.key)) ?? new Uint8Array());
      const { images } = await pipe.generate({ classLabels: [8, 10, 24, 3][index] as number, seed: index });
      const expected = images[0]?.data ?? new Uint8Array();
      expect(
        Math.max(...made.data.map((value, at) => Math.abs(value - (expected[at] ?? 0)))),
      ).toBeLessThanOrEqual(1);
    }
    drain.abort();
    await working;
    await host.close();
    // Four jobs for two instances: two each, although four would fit in a run.
    expect([sizes, most]).toEqual([[2, 2], 2]);
  });
});
