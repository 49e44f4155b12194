import {
  type ClassConditionalOutput,
  type ConsistencyModelGenerateOptions,
  ConsistencyModelPipeline,
  type OutputType,
} from "@onestep/pipelines";
import { findCores } from "@onestep/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelHost } from "./model-host.ts";

let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
});

afterAll(() => pipe.dispose());

describe("ModelHost", () => {
  it("unloads what was used longest ago when memory is short, and loads it again", async () => {
    const loads: string[] = [];
    let memory = 0;
    const host = new ModelHost({
      models: { a: {}, b: {}, c: {} },
      ...{ maxBatch: 1, instances: 1, memoryBudget: 250 },
      // Each model seems to take 100 bytes.
      readMemory: () => {
        memory += 50;
        return memory * 2;
      },
      onLoad: ({ card }) => loads.push(card.name),
    });
    await host.prepare();
    expect([...host.memory.keys()]).toEqual(["b", "c"]);
    expect(host.cards.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    await host.use("a", async () => undefined);
    expect([...host.memory.keys()]).toEqual(["a", "c"]);
    expect(loads).toEqual(["a", "b", "c", "a"]);
    await host.close();
    expect(host.memory.size).toBe(0);
  });

  it("names the model that cannot be served", async () => {
    const host = new ModelHost({ models: { broken: { source: "/nowhere/at/all" } } });
    await expect(host.prepare()).rejects.toMatchObject({
      code: "serve-model",
      message: expect.stringContaining("broken cannot be served"),
    });
    expect(() => new ModelHost({ models: {} })).toThrow("at least one model");
  });
});

describe("the instances of a model", () => {
  it("is one for a pipeline that was passed in, which stays with its owner", async () => {
    const host = new ModelHost({ models: { m: { pipeline: pipe } }, maxBatch: 1, instances: 4 });
    await host.prepare();
    expect(host.lanes).toBe(1);
    await host.close();
    await expect(pipe.generate({ seed: 0 })).resolves.toBeDefined();
  });

  it("are measured by default: one a core, or one for all", async () => {
    const host = new ModelHost({ models: { m: {} } });
    const [card] = await host.prepare();
    expect([1, findCores()]).toContain(host.lanes);
    expect([1, 2, 4, 8, 16]).toContain(card?.bestBatch);
    expect(card?.secondsPerImage).toBeGreaterThan(0);
    await host.close();
  });

  it("stay one where the user chose the threads, or memory is short", async () => {
    const chosen = new ModelHost({ models: { m: { options: { threads: 1 } } }, maxBatch: 1 });
    await chosen.prepare();
    expect(chosen.lanes).toBe(1);
    await chosen.close();
    let memory = 0;
    const short = new ModelHost({
      models: { m: {} },
      ...{ maxBatch: 1, memoryBudget: 250 },
      readMemory: () => {
        memory += 100;
        return memory;
      },
    });
    await short.prepare();
    expect(short.lanes).toBe(1);
    await short.close();
  });

  it("are unloaded only when their runs have ended", async () => {
    let memory = 0;
    const host = new ModelHost({
      models: { a: {}, b: {} },
      ...{ maxBatch: 1, instances: 1, memoryBudget: 150 },
      // Each model seems to take 100 bytes.
      readMemory: () => {
        memory += 100;
        return memory;
      },
    });
    await host.prepare();
    const log: string[] = [];
    let end = (): void => {};
    const held = host.use("b", async ({ pipe: own }) => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      const { images } = await (own as ConsistencyModelPipeline).generate({ seed: 0 });
      log.push(`b made ${images.length}`);
    });
    const other = host.use("a", async () => log.push("a has room"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log).toEqual([]);
    end();
    await Promise.all([held, other]);
    expect(log).toEqual(["b made 1", "a has room"]);
    await host.close();
  });

  it("makes one image only of a model that is slow, whatever batch was chosen", async () => {
    const sizes: (number | undefined)[] = [];
    class SlowPipeline extends ConsistencyModelPipeline {
      override async generate<Output extends OutputType = "image">(
        options: ConsistencyModelGenerateOptions<Output> = {},
      ): Promise<ClassConditionalOutput<Output>> {
        sizes.push(options.batchSize);
        await new Promise((resolve) => setTimeout(resolve, 2100));
        return super.generate(options);
      }
    }
    for (const maxBatch of [8, "auto"] as const) {
      const host = new ModelHost({
        models: { m: { pipeline: new SlowPipeline(pipe.components) } },
        maxBatch,
      });
      const [card] = await host.prepare();
      expect(card?.bestBatch).toBe(maxBatch === "auto" ? 1 : maxBatch);
      expect(card?.secondsPerImage).toBeGreaterThan(2);
    }
    expect(sizes).toEqual([1, 1]);
  });
});
