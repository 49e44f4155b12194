import { describe, expect, it, vi } from "vitest";
import { jobFormat } from "../job.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import type { ModelCard } from "./model-card.ts";
import { ModelDirectory } from "./model-directory.ts";
import { publishWorker, WorkerRegistry, withdrawWorker } from "./worker-registry.ts";

function makeCard(name: string): ModelCard {
  return {
    ...{ name, className: "ConsistencyModelPipeline", created: 0, tasks: ["generation"], takesPrompt: false },
    ...{
      takesNegativePrompt: false,
      classCount: 2,
      labels: {},
      size: { width: 8, height: 8, multiple: undefined },
    },
    ...{ defaultSteps: 1, defaultGuidanceScale: undefined, defaultStrength: undefined, adapters: [] },
    ...{ secondsPerImage: 1, bestBatch: 1 },
  };
}

function makeRecord(id: string, models: readonly string[], sequence = 1) {
  return { id, sequence, version: "1.0.0", format: jobFormat, running: 0, cards: models.map(makeCard) };
}

describe("WorkerRegistry", () => {
  it("knows the models of workers, and how many serve each", async () => {
    const storage = new MemoryStorage();
    const registry = new WorkerRegistry(storage, { interval: 0 });
    expect(await registry.cards()).toEqual([]);
    await publishWorker(storage, makeRecord("a", ["m", "n"]));
    await publishWorker(storage, makeRecord("b", ["m"]));
    expect((await registry.cards()).map(({ name }) => name)).toEqual(["m", "n"]);
    expect([
      await registry.workerCount("m"),
      await registry.workerCount("n"),
      await registry.workerCount("x"),
    ]).toEqual([2, 1, 0]);
    await withdrawWorker(storage, "a");
    expect((await registry.cards()).map(({ name }) => name)).toEqual(["m"]);
  });

  it("takes a worker for dead whose record does not change, whatever the clocks say", async () => {
    const storage = new MemoryStorage();
    const registry = new WorkerRegistry(storage, { interval: 0, silence: 0.1 });
    const realNow = Date.now;
    // The worker lives an hour ahead.
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + 3_600_000);
    await publishWorker(storage, makeRecord("a", ["m"], 1));
    vi.restoreAllMocks();
    expect(await registry.workerCount("m")).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await registry.workerCount("m")).toBe(0);
    await publishWorker(storage, makeRecord("a", ["m"], 2));
    expect(await registry.workerCount("m")).toBe(1);
  });

  it("leaves workers of another version out, and says so", async () => {
    const storage = new MemoryStorage();
    const registry = new WorkerRegistry(storage, { interval: 0 });
    await publishWorker(storage, { ...makeRecord("a", ["m"]), format: jobFormat + 1, version: "9.0.0" });
    expect(await registry.cards()).toEqual([]);
    const directory = new ModelDirectory({ source: registry });
    await expect(directory.find("m")).rejects.toMatchObject({
      status: 503,
      code: "no_workers",
      message: expect.stringContaining("another version (9.0.0)"),
    });
  });

  it("is not troubled by damaged records", async () => {
    const storage = new MemoryStorage();
    const registry = new WorkerRegistry(storage, { interval: 0 });
    await storage.put("workers/x.json", new TextEncoder().encode("{"));
    await storage.put("workers/y.json", new TextEncoder().encode('{"id": 1}'));
    expect(await registry.workers()).toEqual([]);
  });
});

describe("ModelDirectory", () => {
  const source = { cards: async () => [makeCard("owner/name")], workerCount: async () => 1 };

  it("finds models by name and alias, and the first one without a name", async () => {
    const directory = new ModelDirectory({
      source,
      aliases: { "gpt-image-1": "owner/name", lost: "not served" },
    });
    expect((await directory.find("gpt-image-1")).name).toBe("owner/name");
    expect((await directory.find(undefined)).name).toBe("owner/name");
    expect((await directory.list()).map(({ id }) => id)).toEqual(["owner/name", "gpt-image-1"]);
  });

  it("suggests the name that was meant", async () => {
    const directory = new ModelDirectory({ source });
    await expect(directory.find("owner/nme")).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("Did you mean owner/name?"),
    });
  });
});
