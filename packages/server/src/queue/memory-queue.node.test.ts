import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { claimJobs, completed, describeJobQueue, makeJob } from "./__fixtures__/queue-contract.ts";
import { openJournal } from "./journal.node.ts";
import { MemoryQueue } from "./memory-queue.ts";

const queue = new MemoryQueue();

describeJobQueue("MemoryQueue", { open: async () => queue });

describe("MemoryQueue", () => {
  it("fills a run with jobs of the first one's group, and of its priority", async () => {
    const own = new MemoryQueue();
    const model = "m";
    const jobs = [
      makeJob({ model, group: "a", priority: "batch" }),
      makeJob({ model, group: "a" }),
      makeJob({ model, group: "b" }),
      makeJob({ model, group: "a", owner: "key-2" }),
      makeJob({ model, group: "a" }),
    ];
    await own.enqueue(jobs);
    const taken = async (): Promise<readonly (string | undefined)[]> =>
      (await claimJobs(own, model, 4)).map(({ job }) => job.id);
    expect(await taken()).toEqual([jobs[1]?.id, jobs[4]?.id, jobs[3]?.id]);
    expect(await taken()).toEqual([jobs[2]?.id]);
    expect(await taken()).toEqual([jobs[0]?.id]);
  });

  it("lets owners take turns by the seconds of their work", async () => {
    const own = new MemoryQueue();
    const model = "m";
    const long = Array.from({ length: 3 }, () => makeJob({ model, owner: "long", cost: 10, group: "l" }));
    const short = Array.from({ length: 3 }, () => makeJob({ model, owner: "short", cost: 1, group: "s" }));
    await own.enqueue([...long, ...short]);
    const order: string[] = [];
    for (let count = 0; count < 6; count += 1) order.push((await claimJobs(own, model))[0]?.job.owner ?? "");
    expect(order).toEqual(["long", "short", "short", "short", "long", "long"]);
  });

  it("counts what waits and runs, and returns to nothing", async () => {
    const own = new MemoryQueue();
    const model = "m";
    await own.enqueue([
      makeJob({ model, cost: 0.1 }),
      makeJob({ model, cost: 0.2 }),
      makeJob({ model: "other", cost: 5 }),
    ]);
    expect(await own.load(model)).toMatchObject({ waiting: 2, running: 0, seconds: expect.closeTo(0.3) });
    const [claim] = await claimJobs(own, model);
    expect(await own.load(model)).toMatchObject({ waiting: 1, running: 1, seconds: expect.closeTo(0.3) });
    if (claim !== undefined) await own.complete(claim, completed);
    const [last] = await claimJobs(own, model);
    if (last !== undefined) await own.release([last]);
    expect(await own.load(model)).toMatchObject({ waiting: 1, running: 0 });
    await own.cancel([last?.job.id ?? ""]);
    expect(await own.load(model)).toEqual({ waiting: 0, running: 0, seconds: 0 });
    expect((await own.load()).waiting).toBe(1);
  });

  it("forgets outcomes of jobs that are not durable, in time", async () => {
    const own = new MemoryQueue({ keepSeconds: 0 });
    const job = makeJob({ model: "m", durable: false });
    await own.enqueue([job]);
    const waiting = own.wait(job.id);
    const [claim] = await claimJobs(own, "m");
    if (claim !== undefined) await own.complete(claim, completed);
    expect(await waiting).toEqual(completed);
    await expect(own.wait(job.id)).rejects.toMatchObject({ code: "unknown-job" });
  });

  it("knows the outcomes of durable jobs after a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-queue-"));
    try {
      const first = new MemoryQueue({ journal: await openJournal(folder) });
      const job = makeJob({ model: "m", durable: true });
      await first.enqueue([job]);
      const [claim] = await claimJobs(first, "m");
      if (claim !== undefined) await first.complete(claim, completed);
      await first.close();
      const second = new MemoryQueue({ journal: await openJournal(folder) });
      await second.enqueue([job]);
      expect(await second.wait(job.id)).toEqual(completed);
      expect(await second.load()).toMatchObject({ waiting: 0 });
      await second.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
