import { InvalidArgumentError } from "@onestep/core";
import { EntryNotFoundError } from "@onestep/hub";
import { stateDictPart, torchFileBytes } from "@onestep/torch-files";
import { describe, expect, it, vi } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { CheckpointError } from "../errors.ts";
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

  it("opens arrays of a shard that the index does not name, as Python does", async () => {
    const more = { ...shards, "unet/diffusion_pytorch_model-00002-of-00002.safetensors": one("c") };
    const { tensors } = await openCheckpoint(memoryRepository(more), { subfolder: "unet" });
    expect([...tensors.keys()]).toEqual(["a", "c"]);
  });

  it("refuses an array that is in two shards", async () => {
    const mixed = { ...shards, "unet/diffusion_pytorch_model-00002-of-00002.safetensors": one("a") };
    const error = await openCheckpoint(memoryRepository(mixed), { subfolder: "unet" }).catch(
      (reason) => reason,
    );
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(
      /a: found an array that is in unet\/.*-00001-.* as well, expected each array once/,
    );
  });

  it.each([
    ["safetensors", "safetensors", undefined, "s-1.safetensors"],
    ["a variant of safetensors", "safetensors", "fp16", "s-1.safetensors"],
    ["files of torch", "bin", undefined, `${stem}.bin`],
  ])(
    "of %s, whole and in shards, it opens what diffusers does, and names both",
    async (_what, ending, variant, read) => {
      const warn = vi.spyOn(console, "warn").mockReturnValue();
      const file = ending === "bin" ? oneOfTorch : one;
      const whole = variant === undefined ? `${stem}.${ending}` : `${stem}.${variant}.${ending}`;
      const indexName =
        variant === undefined ? `${whole}.index.json` : `${stem}.${ending}.index.${variant}.json`;
      const files = {
        [whole]: file("a"),
        [indexName]: index(`s-1.${ending}`),
        [`s-1.${ending}`]: file("a"),
      };
      const checkpoint = await openCheckpoint(memoryRepository(files), { variant });
      expect(checkpoint.files.map(({ path }) => path)).toEqual([read]);
      expect(warn.mock.calls.join()).toContain(whole);
      expect(warn.mock.calls.join()).toContain(indexName);
    },
  );

  it.each([
    [
      "is there",
      { [`${stem}.safetensors`]: one("a") },
      /remove the index to load diffusion_pytorch_model.safetensors/,
    ],
    ["is missing too", {}, /Fetch the shards, or save the model again/],
  ])("names the missing shard where the whole file %s", async (_what, files, remedy) => {
    const repository = memoryRepository({
      ...files,
      [`${stem}.safetensors.index.json`]: index("s-1.safetensors"),
    });
    const error = await openCheckpoint(repository).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/index.json in test\/repository: found no s-1.safetensors/);
    expect(error.message).toMatch(remedy);
  });

  it("names the missing shard where the files cannot be listed", async () => {
    const repository = memoryRepository({ [`${stem}.safetensors.index.json`]: index("s-1.safetensors") });
    const missing = new EntryNotFoundError({
      subject: "s-1",
      found: "nothing",
      expected: "a file",
      remedy: "No.",
    });
    const unlisted = { ...repository, list: async () => undefined, get: () => Promise.reject(missing) };
    const error = await openCheckpoint(unlisted).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.cause).toBe(missing);
  });

  it.each([
    ["a file of torch that is called safetensors", `${stem}.safetensors`, oneOfTorch("a")],
    ["a safetensors file that is called bin", `${stem}.bin`, one("a")],
  ])("opens %s as what it is, and says so", async (_what, name, bytes) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { tensors } = await openCheckpoint(memoryRepository({ [name]: bytes }));
    expect([...tensors.keys()]).toEqual(["a"]);
    expect(warn.mock.calls.join()).toContain(`${name} is a`);
  });

  it("takes the arrays of the entry that is named", async () => {
    const dict = stateDictPart({
      model: stateDictPart({ a: { shape: [1], key: "0" } }),
      ema: stateDictPart({ b: { shape: [1], key: "0" } }),
    });
    const repository = memoryRepository({
      [`${stem}.bin`]: torchFileBytes(dict, { storages: { 0: new Uint8Array(4) } }),
    });
    const { tensors } = await openCheckpoint(repository, { stateDictKey: "ema" });
    expect([...tensors.keys()]).toEqual(["b"]);
    await expect(openCheckpoint(repository)).rejects.toThrow(/pass its name as `stateDictKey`/);
  });

  it("refuses the name of an entry for safetensors, which have one set of arrays", async () => {
    const opened = openCheckpoint(memoryRepository({ [`${stem}.safetensors`]: one("a") }), {
      stateDictKey: "ema",
    });
    await expect(opened).rejects.toThrow(InvalidArgumentError);
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

  it.each([
    ["model.safetensors", one("a"), "rename it to diffusion_pytorch_model.safetensors"],
    ["pytorch_model.bin", oneOfTorch("a"), "rename it to diffusion_pytorch_model.bin"],
    ["diffusion_flax_model.msgpack", "x", "from_flax=True"],
    ["model.onnx", "x", "None of these is read"],
    [`${stem}-00001-of-00002.safetensors`, one("a"), "shards without their index"],
  ])("names %s where there is nothing else", async (name, bytes, remedy) => {
    const error = await openCheckpoint(memoryRepository({ [`unet/${name}`]: bytes }), {
      subfolder: "unet",
    }).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`found unet/${name}, expected`);
    expect(error.message).toContain(remedy);
  });

  it("says what is wrong with a file of torch", async () => {
    const repository = memoryRepository({ "unet/diffusion_pytorch_model.bin": "PK" });
    const error = await openCheckpoint(repository, { subfolder: "unet" }).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/^unet\/diffusion_pytorch_model.bin: found a file that begins with 50 4b/);
  });
});
