import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TorchGenerator } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ConvertOptions, convertToTorchFile } from "../__fixtures__/convert-to-torch-file.ts";
import golden from "./__fixtures__/unet-golden.json" with { type: "json" };
import { writeFormulaCheckpoint } from "./__fixtures__/write-formula-checkpoint.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

const { config, timesteps, labels, out } = golden.cm_test_class_cond;
/** What a byte below 0x80 stands for in float8_e4m3fn: four bits of exponent, three of mantissa. */
function positiveFloat8(byte: number): number {
  const [exponent, mantissa] = [byte >> 3, (byte & 7) / 8];
  return exponent === 0 ? mantissa * 2 ** -6 : (1 + mantissa) * 2 ** (exponent - 7);
}

const oldNames: Readonly<Record<string, string>> = {
  to_q: "query",
  to_k: "key",
  to_v: "value",
  "to_out.0": "proj_attn",
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-layouts-"));
  await writeFormulaCheckpoint(folder, config);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function predict(model: UNet2DModel): Promise<readonly number[]> {
  const sample = new TorchGenerator(0).randn(out.shape);
  return [...(await model.forward({ sample, timestep: timesteps, classLabels: labels })).sample.data];
}

// The numbers of PyTorch and the tolerance are those of unet-2d-model.test.ts.
function expectReference(values: readonly number[]): void {
  const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
  expect(Math.abs(magnitude - out.abs) / out.abs).toBeLessThan(2e-5);
  const scale = Math.max(...out.first6.map(Math.abs));
  out.first6.forEach((value, index) => {
    expect(Math.abs((values[index] as number) - value) / scale).toBeLessThan(2e-5);
  });
}

describe("UNet2DModel.fromPretrained, of the layouts of checkpoints", () => {
  it.each<[string, ConvertOptions]>([
    ["a file of torch", {}],
    ["a file of torch in float64", { asFloat64: true }],
    ["files of torch in shards", { inShards: true }],
    [
      "attention under the names of old",
      {
        rename: (name) => name.replace(/\b(to_q|to_k|to_v|to_out\.0)\b/, (layer) => oldNames[layer] ?? layer),
      },
    ],
    ["names of DistributedDataParallel", { rename: (name) => `module.${name}` }],
    ["names of torch.compile, in shards", { rename: (name) => `_orig_mod.${name}`, inShards: true }],
  ])("predicts what PyTorch does from %s", async (_what, options) => {
    await convertToTorchFile(folder, options);
    await using model = await UNet2DModel.fromPretrained(folder);
    expectReference(await predict(model));
  });

  it.each(["", "module."])(
    "predicts what PyTorch does where the config is of before 2023-07 (%j)",
    async (prefix) => {
      await convertToTorchFile(folder, { rename: (name) => prefix + name });
      const written = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
      for (const name of ["downsample_type", "upsample_type", "attn_norm_num_groups"]) delete written[name];
      await writeFile(join(folder, "config.json"), JSON.stringify(written));
      await using model = await UNet2DModel.fromPretrained(folder);
      expect(model.config).toMatchObject({
        downsampleType: "resnet",
        upsampleType: "resnet",
        attnNormNumGroups: 32,
      });
      expectReference(await predict(model));
    },
  );

  it("predicts from weights in float8 what it does from the same numbers in float32", async () => {
    const path = join(folder, "diffusion_pytorch_model.safetensors");
    const stored = await readFile(path);
    const start = 8 + Number(stored.readBigUInt64LE(0));
    const header = JSON.parse(stored.toString("utf8", 8, start));
    const [inFloat8, inFloat32] = [[], []] as [Buffer[], Buffer[]];
    const [float8Header, float32Header]: Record<string, object>[] = [{}, {}];
    let count = 0;
    for (const [name, { shape }] of Object.entries<{ shape: readonly number[] }>(header)) {
      if (name === "__metadata__") continue;
      const length = elementCount(shape);
      const end = count + length;
      // Positive numbers up to 0.5.
      const bytes = Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7) % 0x30));
      inFloat8.push(bytes);
      inFloat32.push(Buffer.from(Float32Array.from(bytes, positiveFloat8).buffer));
      Object.assign(float8Header ?? {}, { [name]: { dtype: "F8_E4M3", shape, data_offsets: [count, end] } });
      Object.assign(float32Header ?? {}, {
        [name]: { dtype: "F32", shape, data_offsets: [4 * count, 4 * end] },
      });
      count = end;
    }
    const predictions = [];
    for (const [written, contents] of [
      [float32Header, inFloat32],
      [float8Header, inFloat8],
    ] as const) {
      const text = Buffer.from(JSON.stringify(written));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      await writeFile(path, Buffer.concat([length, text, ...contents]));
      await using model = await UNet2DModel.fromPretrained(folder);
      predictions.push(await predict(model));
    }
    expect(predictions[1]).toEqual(predictions[0]);
    expect(predictions[0]?.every(Number.isFinite)).toBe(true);
  });

  it("saves what it read from a file of torch as safetensors, under the names of today", async () => {
    await convertToTorchFile(folder, { rename: (name) => name.replace(".to_q.", ".query.") });
    const saved = join(folder, "saved");
    {
      await using model = await UNet2DModel.fromPretrained(folder);
      await model.savePretrained(saved);
    }
    expect((await readdir(saved)).sort()).toEqual(["config.json", "diffusion_pytorch_model.safetensors"]);
    await using again = await UNet2DModel.fromPretrained(saved);
    expectReference(await predict(again));
  });
});
