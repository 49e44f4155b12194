import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TorchGenerator } from "@onestep/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// Made by diffusers' save_pretrained for a model of the same configuration.
import shardGolden from "../checkpoint/__fixtures__/shard-golden.json" with { type: "json" };
import golden from "./__fixtures__/unet-golden.json" with { type: "json" };
import { writeFormulaCheckpoint } from "./__fixtures__/write-formula-checkpoint.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

let folder: string;
let original: string;
let model: UNet2DModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-unet-saving-"));
  original = join(folder, "original");
  await writeFormulaCheckpoint(original, golden.cm_test_class_cond.config);
  model = await UNet2DModel.fromPretrained(original);
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function predict(unet: UNet2DModel): Promise<readonly number[]> {
  const sample = new TorchGenerator(0).randn([1, 3, 32, 32]);
  return [...(await unet.forward({ sample, timestep: 80.5, classLabels: 3 })).sample.data];
}

describe("UNet2DModel.savePretrained", () => {
  it.each(shardGolden)(
    "divides and names the weights as diffusers does: $maxShardSize, variant $variant",
    async (expected) => {
      const directory = join(folder, `shards-${expected.maxShardSize}`);
      const variant = expected.variant ?? undefined;
      await model.savePretrained(directory, { maxShardSize: expected.maxShardSize, variant });
      const names = (await readdir(directory)).filter((name) => name !== "config.json").sort();
      expect(names).toHaveLength(expected.fileCount);
      const indexName = names.find((name) => name.includes(".index.")) ?? "";
      const index = await readFile(join(directory, indexName));
      expect(createHash("sha256").update(index).digest("hex")).toBe(expected.indexSha256);
      const files = model.listFiles({ maxShardSize: expected.maxShardSize, variant });
      const sizes = Object.fromEntries(files.map(({ path, size }) => [path, size]));
      expect(Object.keys(sizes).sort()).toEqual(["config.json", ...names].sort());
      if (expected.fileSizes !== undefined) expect(sizes).toMatchObject(expected.fileSizes);
    },
  );

  it("saves what predicts the same, whole and in shards", async () => {
    const expected = await predict(model);
    for (const maxShardSize of [undefined, "1MB"]) {
      const directory = join(folder, `same-${maxShardSize}`);
      await model.savePretrained(directory, { maxShardSize });
      await using loaded = await UNet2DModel.fromPretrained(directory);
      expect(await predict(loaded)).toEqual(expected);
    }
  });

  it("saves over the files that it runs from, and goes on running", async () => {
    const directory = join(folder, "own");
    await model.savePretrained(directory);
    await using own = await UNet2DModel.fromPretrained(directory);
    const expected = await predict(own);
    for (const maxShardSize of ["1MB", "1MB", "2MB", "10GB"]) {
      await own.savePretrained(directory, { maxShardSize });
      expect(await predict(own)).toEqual(expected);
      await using again = await UNet2DModel.fromPretrained(directory);
      expect(await predict(again)).toEqual(expected);
    }
    const name = "diffusion_pytorch_model.safetensors";
    await own.savePretrained(join(folder, "copy"));
    const [first, last] = await Promise.all(
      [directory, join(folder, "copy")].map((path) => readFile(join(path, name))),
    );
    expect(Buffer.compare(first as Buffer, last as Buffer)).toBe(0);
  });
});
