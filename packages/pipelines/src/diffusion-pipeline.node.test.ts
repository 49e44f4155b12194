import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  InvalidArgumentError,
  InvalidConfigError,
  type ProgressEvent,
  UnsupportedError,
} from "@onestep/core";
import { UNet2DModel } from "@onestep/models";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { ConsistencyModelPipeline } from "./unconditional/consistency-model-pipeline.ts";

const checkpoint = fileURLToPath(new URL("./__fixtures__/cm-safetensors", import.meta.url));

describe("DiffusionPipeline.fromPretrained", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "onestep-pipeline-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function withModelIndex(
    name: string,
    change: (index: Record<string, unknown>) => void,
  ): Promise<string> {
    const copy = join(folder, name);
    await cp(checkpoint, copy, { recursive: true });
    const index = JSON.parse(await readFile(join(copy, "model_index.json"), "utf8"));
    change(index);
    await writeFile(join(copy, "model_index.json"), JSON.stringify(index));
    return copy;
  }

  it("picks the class that the repository names, and tells of its components", async () => {
    const events: ProgressEvent[] = [];
    await using pipe = await DiffusionPipeline.fromPretrained(checkpoint, {
      onProgress: (event) => events.push(event),
    });
    expect(pipe).toBeInstanceOf(ConsistencyModelPipeline);
    expect(pipe.device).toBe("cpu");
    expect(Object.keys(pipe.components)).toEqual(["unet", "scheduler"]);
    expect(pipe.scheduler).toBeInstanceOf(CMStochasticIterativeScheduler);
    const components = events.filter(({ type }) => type.startsWith("component"));
    expect(components).toEqual([
      { type: "component-start", component: "scheduler" },
      { type: "component-end", component: "scheduler" },
      { type: "component-start", component: "unet" },
      { type: "component-end", component: "unet" },
    ]);
  });

  it.each(["x.pt", "models/model.safetensors", "https://host.example/x.ckpt"])(
    "says how a checkpoint in one file is loaded: %s",
    async (source) => {
      for (const load of [
        () => DiffusionPipeline.fromPretrained(source),
        () => ConsistencyModelPipeline.fromPretrained(source),
        () => UNet2DModel.fromPretrained(source),
        () => CMStochasticIterativeScheduler.fromPretrained(source),
      ]) {
        const error = await load().catch((reason: unknown) => reason);
        expect(InvalidArgumentError.isInstance(error)).toBe(true);
        expect(String(error)).toContain("Load a checkpoint in one file with `fromSingleFile`");
      }
    },
  );

  it("uses components that the caller brings in place of the repository's", async () => {
    const scheduler = CMStochasticIterativeScheduler.fromConfig({ numTrainTimesteps: 151 });
    await using pipe = await DiffusionPipeline.fromPretrained(checkpoint, { scheduler });
    expect(pipe.scheduler).toBe(scheduler);
    const { unet } = pipe as ConsistencyModelPipeline;
    const shared = new ConsistencyModelPipeline({ ...pipe.components, unet, scheduler });
    expect(shared.unet).toBe(unet);
  });

  it("says which pipelines it knows", async () => {
    const source = await withModelIndex("unknown-pipeline", (index) => {
      index["_class_name"] = "FluxPipeline";
    });
    const error = await DiffusionPipeline.fromPretrained(source).catch((reason) => reason);
    expect(UnsupportedError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(
      /^FluxPipeline, .* is not supported\. Supported pipelines: .*ConsistencyModelPipeline/,
    );
  });

  it("says which models it knows", async () => {
    const source = await withModelIndex("unknown-model", (index) => {
      index["unet"] = ["diffusers", "UNet2DConditionModel"];
    });
    const error = await DiffusionPipeline.fromPretrained(source).catch((reason) => reason);
    expect(UnsupportedError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/found UNet2DConditionModel, expected UNet2DModel/);
  });

  it("says which component is missing", async () => {
    const source = await withModelIndex("no-unet", (index) => {
      delete index["unet"];
    });
    const error = await DiffusionPipeline.fromPretrained(source).catch((reason) => reason);
    expect(InvalidConfigError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/a ConsistencyModelPipeline, has no component unet \(it has scheduler\)/);
  });

  it("says where a configuration contradicts itself, before any weights are read", async () => {
    const source = await withModelIndex("contradiction", () => undefined);
    const path = join(source, "unet", "config.json");
    const config = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...config, block_out_channels: [32] }));
    await expect(DiffusionPipeline.fromPretrained(source)).rejects.toThrow(
      /Must provide the same number of `block_out_channels` as `down_block_types`/,
    );
  });

  it("stops for a signal that is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(DiffusionPipeline.fromPretrained(checkpoint, { signal })).rejects.toThrow("enough");
  });
});
