import { stateDictPart, torchFileBytes } from "@onestep/torch-files";
import { describe, expect, it } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const one = (name: string): Uint8Array =>
  safetensorsBytes({ [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4);

const oneOfTorch = (name: string): Uint8Array =>
  torchFileBytes(stateDictPart({ [name]: { shape: [1], key: "0" } }), { storages: { 0: new Uint8Array(4) } });

const shards = {
  "unet/diffusion_pytorch_model.safetensors.index.json": JSON.stringify({
    metadata: { total_size: 8 },
    weight_map: {
      a: "diffusion_pytorch_model-00001-of-00002.safetensors",
      b: "diffusion_pytorch_model-00002-of-00002.safetensors",
    },
  }),
  "unet/diffusion_pytorch_model-00001-of-00002.safetensors": one("a"),
  "unet/diffusion_pytorch_model-00002-of-00002.safetensors": one("b"),
};

describe("openCheckpoint", () => {
  it("opens one file, in a subfolder or at the root", async () => {
    const repository = memoryRepository({
      "unet/diffusion_pytorch_model.safetensors": one("a"),
      "diffusion_pytorch_model.safetensors": one("b"),
    });
    const inFolder = await openCheckpoint(repository, { subfolder: "unet" });
    expect([...inFolder.tensors.keys()]).toEqual(["a"]);
    expect(inFolder.files.map(({ path }) => path)).toEqual(["unet/diffusion_pytorch_model.safetensors"]);
    expect([...(await openCheckpoint(repository)).tensors.keys()]).toEqual(["b"]);
  });

  const stem = "diffusion_pytorch_model";
  const index = (shard: string): string => JSON.stringify({ weight_map: { a: shard } });

  it.each<[string, Record<string, Uint8Array | string>, string | undefined, string]>([
    ["a file of torch", { [`${stem}.bin`]: oneOfTorch("a") }, undefined, `${stem}.bin`],
    [
      "safetensors before a file of torch",
      { [`${stem}.bin`]: oneOfTorch("b"), [`${stem}.safetensors`]: one("a") },
      undefined,
      `${stem}.safetensors`,
    ],
    [
      "safetensors in shards before a file of torch",
      {
        [`${stem}.bin`]: oneOfTorch("b"),
        [`${stem}.safetensors.index.json`]: index("s-1.safetensors"),
        "s-1.safetensors": one("a"),
      },
      undefined,
      "s-1.safetensors",
    ],
    [
      "files of torch in shards",
      { [`${stem}.bin.index.json`]: index("s-1.bin"), "s-1.bin": oneOfTorch("a") },
      undefined,
      "s-1.bin",
    ],
    [
      "a variant",
      { [`${stem}.safetensors`]: one("b"), [`${stem}.fp16.safetensors`]: one("a") },
      "fp16",
      `${stem}.fp16.safetensors`,
    ],
    [
      "a variant of torch",
      { [`${stem}.bin`]: oneOfTorch("b"), [`${stem}.fp16.bin`]: oneOfTorch("a") },
      "fp16",
      `${stem}.fp16.bin`,
    ],
    [
      "a variant in shards",
      {
        [`${stem}.safetensors.index.fp16.json`]: index(`${stem}.fp16-00001-of-00001.safetensors`),
        [`${stem}.fp16-00001-of-00001.safetensors`]: one("a"),
        [`${stem}.safetensors`]: one("b"),
      },
      "fp16",
      `${stem}.fp16-00001-of-00001.safetensors`,
    ],
    [
      "a variant in shards under the names of old",
      {
        [`${stem}.safetensors.fp16.index.json`]: index(`${stem}-00001-of-00001.fp16.safetensors`),
        [`${stem}-00001-of-00001.fp16.safetensors`]: one("a"),
      },
      "fp16",
      `${stem}-00001-of-00001.fp16.safetensors`,
    ],
    [
      "a variant of torch in shards",
      { [`${stem}.bin.index.fp16.json`]: index("s-1.bin"), "s-1.bin": oneOfTorch("a") },
      "fp16",
      "s-1.bin",
    ],
  ])("opens %s", async (_what, files, variant, path) => {
    const checkpoint = await openCheckpoint(memoryRepository(files), { variant });
    expect([...checkpoint.tensors.keys()]).toEqual(["a"]);
    expect(checkpoint.files.map((file) => file.path)).toEqual([path]);
  });

  it("refuses a shard that leads elsewhere, before it is looked for", async () => {
    const files = {
      [`${stem}.bin.index.json`]: index("../../secret.bin"),
      "../../secret.bin": oneOfTorch("a"),
    };
    await expect(openCheckpoint(memoryRepository(files))).rejects.toThrow(
      /found "a" in "..\/..\/secret.bin", expected the name of a .bin file beside the index/,
    );
  });

  it("opens shards by their index", async () => {
    const checkpoint = await openCheckpoint(memoryRepository(shards), { subfolder: "unet" });
    expect([...checkpoint.tensors.keys()].sort()).toEqual(["a", "b"]);
    expect(checkpoint.tensors.get("b")?.file.path).toBe(
      "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
    );
  });

  it("refuses shards that do not hold what the index says", async () => {
    const mixed = { ...shards, "unet/diffusion_pytorch_model-00002-of-00002.safetensors": one("c") };
    const error = await openCheckpoint(memoryRepository(mixed), { subfolder: "unet" }).catch(
      (reason) => reason,
    );
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(
      /"c": found an array that the index does not place in this shard, expected no array/,
    );
  });

  it("says what it looked for where there are no weights", async () => {
    const error = await openCheckpoint(memoryRepository({}), { subfolder: "unet" }).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toBe(
      "weights in test/repository: found no weights, expected unet/diffusion_pytorch_model.safetensors or unet/diffusion_pytorch_model.bin, or shards and their index. Check the name, the subfolder and the variant.",
    );
  });

  it("says which weights there are where the variant is missing", async () => {
    const repository = memoryRepository({ "diffusion_pytorch_model.safetensors": one("a") });
    const error = await openCheckpoint(repository, { variant: "fp16" }).catch((reason) => reason);
    expect(error.message).toMatch(
      /found diffusion_pytorch_model.safetensors, expected diffusion_pytorch_model.fp16/,
    );
    expect(error.message).toContain('Leave out `variant` (now "fp16")');
  });

  it("says which variants there are where none was asked for", async () => {
    const error = await openCheckpoint(memoryRepository({ [`${stem}.fp16.bin`]: oneOfTorch("a") })).catch(
      (reason) => reason,
    );
    expect(error.message).toMatch(/found diffusion_pytorch_model.fp16.bin, .* Pass the `variant` that/);
  });

  it("says what is wrong with a file of torch", async () => {
    const repository = memoryRepository({ "unet/diffusion_pytorch_model.bin": "PK" });
    const error = await openCheckpoint(repository, { subfolder: "unet" }).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/^unet\/diffusion_pytorch_model.bin: found a file that begins with 50 4b/);
  });
});
