import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryFile, memoryRepository } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { unet2DModelConfigSchema } from "../unet-2d/unet-2d-model-config.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";
import { saveModel } from "./save-model.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-save-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const weights = safetensorsBytes({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4);
const config = unet2DModelConfigSchema.fromOptions({ sampleSize: 32 });

describe("saveModel", () => {
  it("writes the weights and a config that names its class", async () => {
    const checkpoint = await openCheckpoint(
      memoryRepository({ "diffusion_pytorch_model.safetensors": weights }),
    );
    await saveModel(join(folder, "unet"), { config, checkpoint });
    expect((await readdir(join(folder, "unet"))).sort()).toEqual([
      "config.json",
      "diffusion_pytorch_model.safetensors",
    ]);
    const saved = await readFile(join(folder, "unet", "diffusion_pytorch_model.safetensors"));
    const tensors = await readSafetensors(memoryFile("saved", new Uint8Array(saved)));
    expect([...tensors.keys()]).toEqual(["a"]);
    const text = await readFile(join(folder, "unet", "config.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ _class_name: "UNet2DModel", sample_size: 32, norm_eps: 1e-5 });
    expect(text).toContain('"dropout": 0.0,');
    expect(text).toContain('"mid_block_scale_factor": 1,');
  });

  it("leaves nothing half-written where reading the weights fails", async () => {
    const file = { ...memoryFile("x", weights), read: () => Promise.reject(new Error("disk gone")) };
    const tensors = new Map([
      ["a", { elementType: "float32" as const, shape: [1], file, offset: 0, length: 4 }],
    ]);
    const saving = saveModel(join(folder, "unet"), { config, checkpoint: { files: [file], tensors } });
    await expect(saving).rejects.toThrow("disk gone");
    expect(await readdir(join(folder, "unet"))).toEqual([]);
  });
});
