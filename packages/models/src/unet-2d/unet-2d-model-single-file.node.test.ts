import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TorchGenerator } from "@onestep/core";
import { openFile } from "@onestep/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError } from "../checkpoint/checkpoint-error.ts";
import reference from "../single-file/__fixtures__/cd-tiny-l2.json" with { type: "json" };
import { openSingleFile } from "../single-file/open-single-file.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

const { unet_forward: expected } = reference;
const path = fileURLToPath(new URL("../single-file/__fixtures__/cd_tiny_l2.pt", import.meta.url));
const flags = { sampleSize: 16, attentionHeadDim: 16 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-single-file-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function predict(model: UNet2DModel): Promise<readonly number[]> {
  const sample = new TorchGenerator(0).randn([2, 3, 16, 16]);
  const { timesteps: timestep, class_labels: classLabels } = expected;
  return [...(await model.forward({ sample, timestep, classLabels })).sample.data];
}

describe("UNet2DModel.fromSingleFile", () => {
  it("saves what predicts the same", async () => {
    await using model = await UNet2DModel.fromSingleFile(path, flags);
    const values = await predict(model);
    await model.savePretrained(join(folder, "saved"));
    await using again = await UNet2DModel.fromPretrained(join(folder, "saved"));
    expect(again.config).toEqual(model.config);
    expect(await predict(again)).toEqual(values);
  });

  it("reads a File, as browsers have it", async () => {
    const file = await openFile(new File([await readFile(path)], "cd_tiny_l2.pt"));
    const { config, checkpoint } = await openSingleFile(file, flags);
    expect(config.numClassEmbeds).toBe(10);
    expect(checkpoint.tensors.get("conv_in.weight")).toMatchObject({ shape: [32, 3, 3, 3], file });
  });

  it("refuses a file that was cut off, and one that is none", async () => {
    const damaged = join(folder, "cd_tiny_l2.pt");
    await copyFile(path, damaged);
    await truncate(damaged, 3_000_000);
    const none = join(folder, "notes.pt");
    await writeFile(none, "weights");
    for (const file of [damaged, none]) {
      const error = await UNet2DModel.fromSingleFile(file, flags).catch((reason: unknown) => reason);
      expect(CheckpointError.isInstance(error)).toBe(true);
    }
  });

  it("refuses a wrong option before the file is opened", async () => {
    await expect(UNet2DModel.fromSingleFile("/none/model.pt", { threads: 0 })).rejects.toThrow("threads");
  });
});
