import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const one = (name: string): Uint8Array =>
  safetensorsBytes({ [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4);

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

  it("opens a variant", async () => {
    const repository = memoryRepository({
      "diffusion_pytorch_model.safetensors": one("a"),
      "diffusion_pytorch_model.fp16.safetensors": one("b"),
    });
    expect([...(await openCheckpoint(repository, { variant: "fp16" })).tensors.keys()]).toEqual(["b"]);
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
      "weights in test/repository: found no weights, expected unet/diffusion_pytorch_model.safetensors, or its shards and index. Check the name, the subfolder and the variant.",
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

  it("says how to convert a torch pickle", async () => {
    const repository = memoryRepository({ "unet/diffusion_pytorch_model.bin": "PK" });
    const error = await openCheckpoint(repository, { subfolder: "unet" }).catch((reason) => reason);
    expect(UnsupportedError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(
      /found unet\/diffusion_pytorch_model.bin \(a torch pickle\).*pipe.save_pretrained/,
    );
  });
});
