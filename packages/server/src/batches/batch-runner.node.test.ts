import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChildProgram } from "../__fixtures__/child-program.ts";
import { StorageError } from "../errors.ts";
import { FileStore } from "../files/file-store.ts";
import { ApiError } from "../http/api-error.ts";
import { FolderStorage } from "../storage/folder-storage.node.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { BatchBench, idsOf, numbered, request } from "./__fixtures__/batch-bench.ts";
import { FakeService, untilAborted } from "./__fixtures__/fake-service.ts";
import { BatchStore } from "./batch-store.ts";

let bench: BatchBench;

beforeEach(() => {
  bench = new BatchBench();
});
afterEach(async () => {
  vi.useRealTimers();
  await bench.stop();
});

describe("a batch that something goes wrong with", () => {
  it("waits when the service is overloaded, and fails nothing", async () => {
    const refusals = new Map<string, number>();
    bench.service.before = (prompt) => {
      const count = refusals.get(prompt) ?? 0;
      refusals.set(prompt, count + 1);
      if (count < 3)
        throw new ApiError({
          status: count === 1 ? 429 : 503,
          code: "busy",
          message: "Busy.",
          retryAfter: 1,
        });
    };
    bench.startRunner();
    const batch = await bench.until(await bench.createBatch(numbered(6)), "completed");
    expect(batch.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
    expect(bench.service.calls).toHaveLength(24);
  });

  it("gives up on a line that fails again and again, in words without the inside", async () => {
    bench.service.before = (prompt) => {
      if (prompt === "r1") throw new Error("/home/secret");
    };
    bench.startRunner();
    const batch = await bench.until(await bench.createBatch(numbered(3)), "completed");
    expect(batch.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
    const [error] = await bench.readResults(batch.error_file_id);
    expect(error?.response?.status_code).toBe(500);
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(bench.service.calls.filter((call) => call.endsWith("-2"))).toHaveLength(3);
  });

  it("makes an image again that has expired", async () => {
    bench.service.before = (prompt, { jobId = "" }) => {
      if (prompt === "r0" && !jobId.endsWith("-again3")) {
        throw new ApiError({ status: 410, code: "result_expired", message: "Gone.", shouldRetry: false });
      }
    };
    bench.startRunner();
    expect(
      (await bench.until(await bench.createBatch(numbered(2)), "completed")).request_counts?.completed,
    ).toBe(2);
  });

  it("waits when the storage refuses, and loses nothing", async () => {
    const id = await bench.createBatch(numbered(10));
    const put = bench.storage.put.bind(bench.storage);
    let refusals = 0;
    vi.spyOn(bench.storage, "put").mockImplementation(async (key, data, options) => {
      if (key.includes("/results/") && refusals < 5) {
        refusals += 1;
        throw new StorageError("The disk is full.");
      }
      return await put(key, data, options);
    });
    bench.startRunner();
    const batch = await bench.until(id, "completed");
    expect(batch.request_counts?.completed).toBe(10);
    expect(refusals).toBe(5);
    expect(new Set(bench.service.calls).size).toBe(bench.service.calls.length);
    expect(idsOf(await bench.readResults(batch.output_file_id))).toHaveLength(10);
  });

  it("goes on where it was when its runner is stopped", async () => {
    bench.service.before = async (prompt, call) => {
      if (Number(prompt.slice(1)) >= 8) await untilAborted(call);
    };
    const first = bench.startRunner();
    const id = await bench.createBatch(numbered(20));
    await vi.waitFor(async () => {
      expect((await bench.client().batches.retrieve(id)).request_counts?.completed).toBe(8);
    });
    await first.stop();
    expect((await bench.client().batches.retrieve(id)).status).toBe("in_progress");
    bench.service.before = () => {};
    const calls = bench.service.calls.length;
    bench.startRunner();
    const batch = await bench.until(id, "completed");
    expect(idsOf(await bench.readResults(batch.output_file_id))).toHaveLength(20);
    expect(bench.service.calls.length - calls).toBe(12);
  });

  it("is run by one of several runners at a time", async () => {
    bench.service.before = () => new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < 3; i++) bench.startRunner();
    const batches = await Promise.all([1, 2, 3, 4, 5].map(() => bench.createBatch(numbered(20))));
    for (const id of batches) {
      const batch = await bench.until(id, "completed");
      expect(idsOf(await bench.readResults(batch.output_file_id))).toHaveLength(20);
    }
    expect(bench.service.calls).toHaveLength(100);
    await vi.waitFor(async () => expect(await bench.workKeys()).toEqual([]));
  });

  it("is taken over when its runner shows no life, and each line appears once", async () => {
    const stuck = new FakeService();
    let free: () => void = () => {};
    const blocked = new Promise<void>((resolve) => {
      free = resolve;
    });
    stuck.before = (prompt) => (Number(prompt.slice(1)) >= 5 ? blocked : undefined);
    // Its writes of the lease do not arrive any more.
    const cut: ImageStorage = Object.create(bench.storage);
    let isCut = false;
    cut.put = async (key, data, options) => {
      if (isCut && key.includes("/lease/")) throw new StorageError("Away.");
      return await bench.storage.put(key, data, options);
    };
    cut.list = (prefix) => bench.storage.list(prefix);
    cut.get = (key) => bench.storage.get(key);
    cut.open = (key) => bench.storage.open(key);
    cut.delete = (keys) => bench.storage.delete(keys);
    bench.startRunner({ store: new BatchStore(cut), files: new FileStore(cut), service: stuck });
    const id = await bench.createBatch(numbered(12));
    await vi.waitFor(async () => {
      expect((await bench.client().batches.retrieve(id)).request_counts?.completed).toBe(5);
    });
    isCut = true;
    bench.startRunner();
    const batch = await bench.until(id, "completed");
    free();
    expect(idsOf(await bench.readResults(batch.output_file_id))).toEqual(
      Array.from({ length: 12 }, (_, i) => `r${i}`).sort(),
    );
    expect(bench.service.calls).toHaveLength(7);
  });

  it("goes on after its process was killed, and each line appears once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "onestep-batches-"));
    const program = await ChildProgram.build(new URL("__fixtures__/run-batches.ts", import.meta.url));
    bench.serve(await FolderStorage.open(folder));
    const id = await bench.createBatch([...numbered(60), "{ broken", request("refused", "bad")]);
    let made = 0;
    for (let round = 0; round < 4; round++) {
      const child = program.start(folder);
      child.process.on("message", () => {
        made += 1;
      });
      for (let i = 0; i < 14; i++) await child.message();
      await child.kill();
    }
    bench.startRunner({ isAlone: true });
    const batch = await bench.until(id, "completed");
    expect(batch.request_counts).toEqual({ total: 62, completed: 60, failed: 2 });
    expect(idsOf(await bench.readResults(batch.output_file_id))).toEqual(
      Array.from({ length: 60 }, (_, i) => `r${i}`).sort(),
    );
    expect(idsOf(await bench.readResults(batch.error_file_id))).toEqual([null, "refused"].sort());
    // At most what was under way when a process was killed is made twice.
    expect(made + bench.service.calls.length).toBeLessThanOrEqual(61 + 4 * 14);
    expect(bench.service.calls.length).toBeLessThan(61);
    await program.remove();
    for (const runner of bench.runners.splice(0)) await runner.stop();
    await rm(folder, { recursive: true });
  });
});
