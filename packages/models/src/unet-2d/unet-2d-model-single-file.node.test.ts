import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TorchGenerator } from "@onestep/core";
import { openFile } from "@onestep/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
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

  it.each([false, true])(
    "reads queries, keys and values head by head where that is asked for, saved again: %s",
    async (isSaved) => {
      const bytes = await readFile(path);
      const { checkpoint } = await openSingleFile(await openFile(path), flags);
      for (const [name, { offset, length, shape }] of checkpoint.tensors) {
        if (!name.includes(".to_q.")) continue;
        // Queries, keys and values lie behind each other; a head of each becomes a row of the three.
        const fused = Buffer.from(bytes.subarray(offset, offset + 3 * length));
        const heads = (shape[0] as number) / flags.attentionHeadDim;
        const piece = length / heads;
        for (let head = 0; head < heads; head += 1) {
          for (const part of [0, 1, 2]) {
            fused.copy(
              bytes,
              offset + (3 * head + part) * piece,
              part * length + head * piece,
              part * length + (head + 1) * piece,
            );
          }
        }
      }
      const legacy = join(folder, "target_model050000.pt");
      await writeFile(legacy, bytes);
      await using model = await UNet2DModel.fromSingleFile(path, flags);
      const expectedValues = await predict(model);
      await using wrong = await UNet2DModel.fromSingleFile(legacy, flags);
      expect(await predict(wrong)).not.toEqual(expectedValues);
      await using right = await UNet2DModel.fromSingleFile(legacy, { ...flags, useNewAttentionOrder: false });
      if (isSaved) await right.savePretrained(join(folder, "saved"));
      await using again = isSaved ? await UNet2DModel.fromPretrained(join(folder, "saved")) : right;
      expect(await predict(again)).toEqual(expectedValues);
    },
  );

  it.each([
    [{ numClassEmbeds: 12 }, /numClassEmbeds: found 12, expected 10, the number of classes/],
    [{ sampleSize: 0 }, /sampleSize: found 0, expected a whole number above 0/],
    [{ attentionHeadDim: 7, useNewAttentionOrder: false }, /in heads of 7. Pass the `attentionHeadDim`/],
  ])("refuses %j", async (options, message) => {
    await expect(UNet2DModel.fromSingleFile(path, { ...flags, ...options })).rejects.toThrow(message);
    await expect(
      openSingleFile(await openFile(path), { ...flags, numClassEmbeds: 10 }),
    ).resolves.toBeDefined();
  });

  it("says that a weights file of diffusers' layout is loaded with the folder above it", async () => {
    await using model = await UNet2DModel.fromSingleFile(path, flags);
    await model.savePretrained(folder);
    const weights = join(folder, "diffusion_pytorch_model.safetensors");
    await expect(UNet2DModel.fromSingleFile(weights, flags)).rejects.toThrow(
      /a weights file of diffusers' layout.*Name the folder above it/,
    );
  });

  it("refuses a truncated file, and a file that is not a checkpoint", async () => {
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
