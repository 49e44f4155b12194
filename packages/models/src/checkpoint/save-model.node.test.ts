import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileWriteError, InvalidArgumentError } from "@onestep/core";
import { openRepository } from "@onestep/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { unet2DModelConfigSchema } from "../unet-2d/unet-2d-model-config.ts";
import type { SavableModel } from "./list-model-files.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { saveModel } from "./save-model.ts";
import { diffusersNames } from "./weights-file-names.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-save-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const weights = safetensorsBytes(
  {
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
    c: { dtype: "F16", shape: [2], data_offsets: [12, 16] },
  },
  16,
);
const config = unet2DModelConfigSchema.fromOptions({ sampleSize: 32 });
const compareNames = (left: string, right: string): number => (left < right ? -1 : 1);

async function memoryModel(): Promise<SavableModel> {
  const repository = memoryRepository({ "diffusion_pytorch_model.safetensors": weights });
  return { config, checkpoint: await openCheckpoint(repository), compareNames, names: diffusersNames };
}

/** The arrays of a saved model, as text. */
async function arraysIn(directory: string, variant?: string): Promise<Record<string, string>> {
  const { tensors } = await openCheckpoint(await openRepository(directory), { variant });
  const entries = [...tensors].map(async ([name, { file, offset, length, dtype, shape }]) => {
    const bytes = await file.read(offset, offset + length);
    return [name, `${dtype} [${shape}] ${[...bytes].join(" ")}`] as const;
  });
  return Object.fromEntries((await Promise.all(entries)).sort());
}

const arrays = {
  a: "float32 [1] 0 1 2 3",
  b: "float32 [2] 4 5 6 7 8 9 10 11",
  c: "float16 [2] 12 13 14 15",
};
const stem = "diffusion_pytorch_model";
const whole = ["config.json", `${stem}.safetensors`];
const shards = [
  "config.json",
  `${stem}-00001-of-00002.safetensors`,
  `${stem}-00002-of-00002.safetensors`,
  `${stem}.safetensors.index.json`,
];

describe("saveModel", () => {
  it("writes the weights and a config that names its class", async () => {
    await saveModel(await memoryModel(), join(folder, "unet"));
    expect((await readdir(join(folder, "unet"))).sort()).toEqual(whole);
    expect(await arraysIn(join(folder, "unet"))).toEqual(arrays);
    const text = await readFile(join(folder, "unet", "config.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ _class_name: "UNet2DModel", sample_size: 32, norm_eps: 1e-5 });
    expect(text).toContain('"dropout": 0.0,');
    expect(text).toContain('"mid_block_scale_factor": 1,');
  });

  it("saves what torch saved as safetensors, beside it", async () => {
    const name = "diffusion_pytorch_model.bin";
    const fixtures = new URL("./torch-file/__fixtures__/", import.meta.url);
    for (const file of ["state-dict.bin", "views.pt", "element-types.pt"]) {
      const directory = join(folder, file);
      await mkdir(directory);
      await copyFile(new URL(file, fixtures), join(directory, name));
      const before = await arraysIn(directory);
      const model = {
        config,
        compareNames,
        checkpoint: await openCheckpoint(await openRepository(directory)),
        names: diffusersNames,
      };
      await saveModel(model, directory);
      expect((await readdir(directory)).sort()).toEqual([...whole.slice(0, 1), name, ...whole.slice(1)]);
      await rm(join(directory, name));
      expect(await arraysIn(directory)).toEqual(before);
      expect(Object.keys(before).length).toBeGreaterThan(0);
    }
  });

  it.each([12, "0.012KB"])("writes shards where the arrays exceed %s", async (maxShardSize) => {
    await saveModel(await memoryModel(), folder, { maxShardSize });
    expect((await readdir(folder)).sort()).toEqual(shards);
    expect(await arraysIn(folder)).toEqual(arrays);
    const { weight_map } = JSON.parse(await readFile(join(folder, `${stem}.safetensors.index.json`), "utf8"));
    expect(weight_map).toEqual({ a: shards[1], b: shards[1], c: shards[2] });
  });

  it("names a variant", async () => {
    await saveModel(await memoryModel(), folder, { variant: "fp16", maxShardSize: 12 });
    expect((await readdir(folder)).sort()).toEqual([
      "config.json",
      `${stem}.fp16-00001-of-00002.safetensors`,
      `${stem}.fp16-00002-of-00002.safetensors`,
      `${stem}.safetensors.index.fp16.json`,
    ]);
    expect(await arraysIn(folder, "fp16")).toEqual(arrays);
  });

  it("removes what an earlier save of the same variant left, and nothing else", async () => {
    const others = [
      `${stem}.bin`,
      `${stem}-00001-of-00002.bin`,
      `${stem}.fp16.safetensors`,
      `${stem}.fp16-00001-of-00009.safetensors`,
      `${stem}.safetensors.index.fp16.json`,
      "README.md",
      "weights-00001-of-00002.safetensors",
    ];
    for (const name of others) await writeFile(join(folder, name), "kept");
    await mkdir(join(folder, `${stem}-00001-of-00005.safetensors`));
    const kept = [...others, `${stem}-00001-of-00005.safetensors`];
    await writeFile(join(folder, `${stem}-00007-of-00007.safetensors`), "stale");
    const model = await memoryModel();
    for (const [maxShardSize, names] of [
      [12, shards],
      [12, shards],
      [1000, whole],
      [12, shards],
    ] as const) {
      await saveModel(model, pathToFileURL(folder), { maxShardSize });
      expect((await readdir(folder)).sort()).toEqual([...kept, ...names].sort());
      expect(await arraysIn(folder)).toEqual(arrays);
    }
    for (const name of others) expect(await readFile(join(folder, name), "utf8")).toBe("kept");
  });

  it("saves into the folder that the model was loaded from, any number of times", async () => {
    await writeFile(join(folder, `${stem}.safetensors`), weights);
    const checkpoint = await openCheckpoint(await openRepository(folder));
    let model: SavableModel = { config, checkpoint, compareNames, names: diffusersNames };
    for (const maxShardSize of ["1GB", 12, 12, 4, "1GB", 12]) {
      model = { ...model, checkpoint: await saveModel(model, folder, { maxShardSize }) };
      expect(await arraysIn(folder)).toEqual(arrays);
    }
    await saveModel(model, join(folder, "copy"));
    expect(await arraysIn(join(folder, "copy"))).toEqual(arrays);
  });

  it("keeps the checkpoint that it read from where that stays as it is", async () => {
    await writeFile(join(folder, `${stem}.safetensors`), weights);
    const checkpoint = await openCheckpoint(await openRepository(folder));
    const model = { config, checkpoint, compareNames, names: diffusersNames };
    expect(await saveModel(model, join(folder, "copy"))).toBe(checkpoint);
    expect(await saveModel(model, folder)).not.toBe(checkpoint);
  });

  it("does not save what somebody else has replaced since it was loaded", async () => {
    await writeFile(join(folder, `${stem}.safetensors`), weights);
    const checkpoint = await openCheckpoint(await openRepository(folder));
    await saveModel(await memoryModel(), folder);
    const saving = saveModel(
      { config, checkpoint, compareNames, names: diffusersNames },
      join(folder, "copy"),
    );
    await expect(saving).rejects.toThrow("found another file, or another content, expected the same file");
    expect(await readdir(join(folder, "copy"))).toEqual([]);
  });
});

describe("saveModel that fails", () => {
  it("because the weights cannot be read leaves the folder as it was", async () => {
    const model = await memoryModel();
    await saveModel(model, folder, { maxShardSize: 12 });
    const before = await readFile(join(folder, shards[1] ?? ""));
    const [file] = model.checkpoint.files;
    let readsLeft = 0;
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      readsLeft -= 1;
      if (readsLeft < 0) throw new Error("disk gone");
      return weights.slice(start, end);
    };
    const broken = { ...(file as NonNullable<typeof file>), read };
    const tensors = new Map(
      [...model.checkpoint.tensors].map(([name, tensor]) => [name, { ...tensor, file: broken }]),
    );
    const checkpoint = { files: [broken], tensors };
    for (const [maxShardSize, reads] of [
      [12, 1],
      [4, 2],
      ["1GB", 0],
    ] as const) {
      readsLeft = reads;
      const saving = saveModel({ ...model, checkpoint }, folder, { maxShardSize });
      await expect(saving).rejects.toThrow("disk gone");
      expect((await readdir(folder)).sort()).toEqual(shards);
    }
    expect(await readFile(join(folder, shards[1] ?? ""))).toEqual(before);
    expect(await arraysIn(folder)).toEqual(arrays);
  });

  it("because a folder is in the way leaves the folder as it was", async () => {
    const model = await memoryModel();
    await saveModel(model, folder);
    await mkdir(join(folder, shards[2] ?? ""));
    const saving = saveModel(model, folder, { maxShardSize: 12 });
    await expect(saving).rejects.toThrow(FileWriteError);
    expect((await readdir(folder)).sort()).toEqual([...whole, shards[2]].sort());
    expect(await arraysIn(folder)).toEqual(arrays);
  });

  it("because it was aborted writes nothing", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(saveModel(await memoryModel(), join(folder, "none"), { signal })).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([{ variant: "../x" }, { maxShardSize: "10" }, { maxShardSize: 0 }])(
    "because of %j writes nothing",
    async (options) => {
      const saving = saveModel(await memoryModel(), join(folder, "none"), options);
      await expect(saving).rejects.toThrow(InvalidArgumentError);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
