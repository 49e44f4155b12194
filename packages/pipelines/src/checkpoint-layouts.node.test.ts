import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UNet2DModel } from "@onestep/models";
import { DDPMScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { expectConsistencyModelRows } from "./__fixtures__/expect-consistency-model-rows.ts";
import { expectReference } from "./__fixtures__/expect-reference.ts";
import reference from "./__fixtures__/reference-outputs.json" with { type: "json" };
import { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-layouts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("DiffusionPipeline.fromPretrained makes PyTorch's images from shards", async () => {
  const sharded = join(folder, "sharded");
  {
    await using pipe = await DiffusionPipeline.fromPretrained(fixture("cm-safetensors"));
    await pipe.savePretrained(sharded, { maxShardSize: "1MB" });
  }
  const files = await readdir(join(sharded, "unet"));
  expect(files.filter((file) => file.endsWith(".safetensors")).length).toBeGreaterThan(2);
  await using pipe = await DiffusionPipeline.fromPretrained(sharded);
  await expectConsistencyModelRows(pipe, reference["cm-safetensors"]);
});

describe("a repository in which all lies at the top", () => {
  /** The checkpoint of a DDPM laid out as google/ddpm-cifar10-32. */
  async function flatten(name: string): Promise<string> {
    const flat = join(folder, name);
    await cp(fixture("ddpm"), flat, { recursive: true });
    for (const path of [
      "unet/config.json",
      "unet/diffusion_pytorch_model.safetensors",
      "scheduler/scheduler_config.json",
    ]) {
      await rename(join(flat, path), join(flat, basename(path)));
    }
    return flat;
  }

  it("is loaded as a pipeline", async () => {
    await using pipe = await DiffusionPipeline.fromPretrained(await flatten("flat"));
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 5, outputType: "tensor" });
    expectReference(images, reference.ddpm.steps5);
  });

  it("is loaded in parts, also where there is no index", async () => {
    const flat = await flatten("parts");
    await rm(join(flat, "model_index.json"));
    const scheduler = await DDPMScheduler.fromPretrained(flat);
    await using unet = await UNet2DModel.fromPretrained(flat);
    const pipe = new DDPMPipeline({ unet, scheduler });
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 5, outputType: "tensor" });
    expectReference(images, reference.ddpm.steps5);
  });

  it("may have the configs of the first release", async () => {
    const flat = await flatten("old");
    const config = JSON.parse(await readFile(join(flat, "config.json"), "utf8"));
    for (const field of ["downsample_type", "upsample_type", "add_attention", "dropout", "mid_block_type"]) {
      delete config[field];
    }
    await writeFile(join(flat, "config.json"), JSON.stringify(config));
    const scheduler = { _class_name: "DDPMScheduler", _diffusers_version: "0.1.1", timestep_values: null };
    await writeFile(join(flat, "scheduler_config.json"), JSON.stringify(scheduler));
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await using pipe = await DDPMPipeline.fromPretrained(flat);
    expect(warning.mock.calls).toEqual([[expect.stringContaining("attributes timestep_values were passed")]]);
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 5, outputType: "tensor" });
    expectReference(images, reference.ddpm.steps5);
  });
});
