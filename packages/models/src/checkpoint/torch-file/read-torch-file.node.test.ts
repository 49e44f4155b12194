import { readdirSync, readFileSync } from "node:fs";
import { UnsupportedError } from "@onestep/core";
import {
  op,
  stateDictPart,
  type TensorPart,
  type TorchFileOptions,
  tensorPart,
  torchFileBytes,
} from "@onestep/torch-files";
import { describe, expect, it } from "vitest";
import { guardedFile } from "../../__fixtures__/guarded-file.ts";
import { CheckpointError, UnsafePickleError } from "../../errors.ts";
import contents from "./__fixtures__/contents.json" with { type: "json" };
import { type ReadTorchFileOptions, readTorchFile } from "./read-torch-file.ts";

const fixtures = new URL("./__fixtures__/", import.meta.url);

/** A file that torch wrote. */
const torchFile = (name: string) =>
  guardedFile(`unet/${name}`, new Uint8Array(readFileSync(new URL(name, fixtures))));

/** The arrays of a file with their bytes, as `contents.json` lists them. */
async function describeArrays(file: ReturnType<typeof guardedFile>, options?: ReadTorchFileOptions) {
  const arrays: Record<string, object> = {};
  for (const [name, { dtype, shape, offset, length }] of await readTorchFile(file, options)) {
    const bytes = Buffer.from(await file.read(offset, offset + length)).toString("hex");
    arrays[name] = { elementType: dtype, shape, bytes };
  }
  return arrays;
}

async function readError(file: ReturnType<typeof guardedFile>, options?: ReadTorchFileOptions) {
  const error = await readTorchFile(file, options).catch((reason) => reason);
  expect(error).toBeInstanceOf(Error);
  return error as CheckpointError;
}

describe("readTorchFile, of files that torch wrote", () => {
  it("has all of them in the list", () => {
    const names = readdirSync(fixtures).filter((name) => /\.(pt|bin)$/.test(name));
    expect(names.sort()).toEqual(Object.keys({ ...contents.files, ...refused }).sort());
  });

  const readable = Object.entries(contents.files).filter(
    ([name, arrays]) => Object.keys(arrays).length > 0 && name !== "model-and-ema.pt",
  );
  it.each(readable)("finds the arrays of %s", async (name, arrays) => {
    expect(await describeArrays(torchFile(name))).toEqual(arrays);
  });

  it("takes the arrays of one dict of several", async () => {
    const file = torchFile("model-and-ema.pt");
    expect(await describeArrays(file, { stateDictKey: "ema" })).toEqual(contents.files["model-and-ema.pt"]);
    expect(await describeArrays(file, { stateDictKey: "model" })).toEqual(contents.files["state-dict.bin"]);
    const error = await readError(file);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(
      /has tensors in "model" \(7\), "ema" \(7\)\. Say which to load: pass its name as `stateDictKey`/,
    );
    expect((await readError(file, { stateDictKey: "average" })).message).toMatch(
      /has tensors in "model" \(7\), "ema" \(7\), none in "average"/,
    );
  });

  const convert =
    /Convert it once, where the file lies: python -c "import torch, safetensors\.torch as s; s\.save_file\(\{.*torch\.load\('NAME', .*weights_only=True.*'STEM\.safetensors'\)"\.$/;
  const conversionOf = (name: string): RegExp =>
    new RegExp(convert.source.replace("NAME", name).replace("STEM", name.replace(/\.\w+$/, "")));

  const refused: Record<string, readonly [typeof UnsupportedError | typeof CheckpointError, RegExp]> = {
    "legacy.pt": [UnsupportedError, /found the format that torch wrote before 1.6, which is no zip file/],
    "compressed.pt": [
      UnsupportedError,
      /"compressed\/data.pkl": found a compressed entry|found a compressed entry/,
    ],
    "program.pt": [UnsupportedError, /is a TorchScript program/],
    "sparse.pt": [
      UnsupportedError,
      /found sparse \(sparse_coo\), expected tensors whose elements lie in a row/,
    ],
    "crafted.pt": [UnsafePickleError, /data.pkl: found a use of "posix.system"/],
  };
  it.each(Object.entries(refused))("refuses %s", async (name, [type, message]) => {
    const error = await readError(torchFile(name));
    expect(type.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`unet/${name}`);
  });

  it.each(["legacy.pt", "compressed.pt"])("says how to convert %s", async (name) => {
    expect((await readError(torchFile(name))).message).toMatch(conversionOf(name));
  });

  it("puts no name into a line for the shell that is more than a name", async () => {
    const file = { ...torchFile("legacy.pt"), path: "x'); import os; os.system('id')#.bin" };
    expect((await readError(file)).message).toContain("torch.load('model.bin',");
  });
});

const bytesOf = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);
const three = { storages: { 0: bytesOf(1, 2, 3) } };
const weight: TensorPart = { shape: [3], key: "0" };
const made = (tensors: Parameters<typeof stateDictPart>[0], options: TorchFileOptions = three) =>
  guardedFile("model.pt", torchFileBytes(stateDictPart(tensors), options));

describe("readTorchFile, of files made by hand", () => {
  it("reads one without the records that old versions of torch did not write", async () => {
    const file = made({ weight }, { ...three, records: { byteorder: null, version: null } });
    expect(await describeArrays(file)).toEqual({
      weight: { elementType: "float32", shape: [3], bytes: Buffer.from(bytesOf(1, 2, 3)).toString("hex") },
    });
  });

  it.each([
    [
      "an ordered dict of pairs",
      op.call(
        op.global("collections", "OrderedDict"),
        op.list(op.tuple(op.text("weight"), tensorPart(weight))),
      ),
    ],
    [
      "a tensor of the oldest kind",
      stateDictPart({
        weight: op.call(
          op.global("torch._utils", "_rebuild_tensor"),
          op.persistent(
            op.tuple(
              op.text("storage"),
              op.global("torch", "FloatStorage"),
              op.text("0"),
              op.text("cuda:1"),
              op.int(3),
            ),
          ),
          op.int(0),
          op.tuple(op.int(3)),
          op.tuple(op.int(1)),
        ),
      }),
    ],
    [
      "a parameter",
      stateDictPart({
        weight: op.call(op.global("torch._utils", "_rebuild_parameter"), tensorPart(weight), op.true, "}"),
      }),
    ],
    [
      "a file with other things beside the tensors",
      stateDictPart({ weight, step: op.int(5), name: op.text("x") }),
    ],
    ["a dict in a dict", op.dict(op.text("model"), stateDictPart({ weight }), op.text("step"), op.int(1))],
  ])("reads %s", async (_what, content) => {
    const tensors = await readTorchFile(guardedFile("model.pt", torchFileBytes(content, three)));
    expect([...tensors.keys()]).toEqual(["weight"]);
    expect(tensors.get("weight")).toMatchObject({ shape: [3], length: 12 });
  });

  it("takes the file itself for the key of nothing", async () => {
    const content = stateDictPart({ weight, ema: stateDictPart({ weight }) });
    const file = guardedFile("model.pt", torchFileBytes(content, three));
    expect((await readError(file)).message).toContain('tensors in the file itself (1), "ema" (1)');
    expect([...(await readTorchFile(file, { stateDictKey: "" })).keys()]).toEqual(["weight"]);
  });

  const storageOf = (id: Parameters<typeof op.persistent>[0]) => stateDictPart({ weight: op.persistent(id) });
  it.each<[string, ReturnType<typeof guardedFile>, RegExp]>([
    [
      "a storage that is not there",
      made({ weight: { ...weight, key: "1" } }),
      /"weight": found no entry "data\/1"/,
    ],
    [
      "a storage elsewhere in the file",
      made({ weight: { ...weight, key: "../version" } }),
      /no entry "data\/..\/version"/,
    ],
    [
      "a storage that is smaller than said",
      made({ weight: { ...weight, elements: 4 } }),
      /found 12 bytes in "data\/0", expected 16 for 4 elements of float32/,
    ],
    [
      "a storage of another type than said",
      made({ weight: { ...weight, storageType: "DoubleStorage" } }),
      /found 12 bytes in "data\/0", expected 24/,
    ],
    [
      "a tensor larger than its storage",
      made({ weight: { shape: [4], key: "0", elements: 3 } }),
      /found bytes 0 to 16 of its storage, expected at most 12/,
    ],
    [
      "a tensor that begins too late",
      made({ weight: { ...weight, offset: 1 } }),
      /found bytes 4 to 16 of its storage/,
    ],
    [
      "a tensor that begins at 2^31 - 1",
      made({ weight: { ...weight, offset: 2 ** 31 - 1 } }),
      /found bytes 8589934588 to/,
    ],
    [
      "a shape whose product overflows",
      made({
        weight: {
          shape: [...new Array(40).fill(2 ** 30), 0],
          strides: new Array(41).fill(1),
          key: "0",
          elements: 3,
        },
      }),
      /found shape \[1073741824, .*, 0\], expected a number of elements that a file can hold/,
    ],
    [
      "a negative shape",
      made({ weight: { ...weight, shape: [-3], strides: [1], elements: 3 } }),
      /arguments that torch._utils._rebuild_tensor_v2 takes/,
    ],
    [
      "strides of another number",
      made({ weight: { ...weight, strides: [] } }),
      /arguments that torch._utils._rebuild_tensor_v2 takes/,
    ],
    [
      "a storage with a negative size",
      made({ weight: { ...weight, elements: -1 } }),
      /a reference to a tuple of 5 outside/,
    ],
    [
      "a reference that is no storage",
      guardedFile("model.pt", torchFileBytes(storageOf(op.tuple(op.text("module"), op.text("0"))))),
      /a reference to a tuple of 2/,
    ],
    [
      "a tensor that is no tensor",
      made({ weight: op.call(op.global("torch._utils", "_rebuild_parameter"), op.int(1)) }),
      /_rebuild_parameter\(1\)/,
    ],
    [
      "no tensors",
      made({ step: op.int(1) }),
      /found a dict of 1 without tensors, expected a dict from names to tensors/,
    ],
    [
      "something else than a dict",
      guardedFile("model.pt", torchFileBytes(op.list(tensorPart(weight)), three)),
      /found a list of 1 without tensors/,
    ],
    ["a key where there are no tensors", made({}), /found a dict of 0 without tensors/],
    [
      "no data.pkl",
      guardedFile("model.pt", torchFileBytes("N", { changes: { "data.pkl": { name: "model/other.pkl" } } })),
      /found a zip file without data.pkl/,
    ],
    [
      "a data.pkl outside of a folder",
      guardedFile("model.pt", torchFileBytes("N", { changes: { "data.pkl": { name: "data.pkl" } } })),
      /without data.pkl/,
    ],
    [
      "two",
      guardedFile("model.pt", torchFileBytes("N", { changes: { version: { name: "other/data.pkl" } } })),
      /found data.pkl in 2 folders/,
    ],
    [
      "a byte order that is none",
      made({ weight }, { ...three, records: { byteorder: "middle" } }),
      /byteorder: found "middle"/,
    ],
    [
      "a byte order of 100 bytes",
      made({ weight }, { ...three, records: { byteorder: "l".repeat(100) } }),
      /byteorder: found 100 bytes, expected at most 64/,
    ],
    [
      "an encrypted array",
      made({ weight }, { ...three, changes: { "data/0": { flags: 1 } } }),
      /found an encrypted entry/,
    ],
    [
      "a pickle of 32 MB",
      made({ weight }, { ...three, changes: { "data.pkl": { content: new Uint8Array(33_554_433) } } }),
      /data.pkl: found 33554433 bytes/,
    ],
    [
      "a file of another kind",
      guardedFile("model.pt", new TextEncoder().encode("<html>")),
      /found a web page \(HTML\)/,
    ],
    ["an empty file", guardedFile("model.pt", new Uint8Array(0)), /found an empty file/],
    [
      "a file that is only the beginning",
      guardedFile("model.pt", new TextEncoder().encode("PK\x03\x04")),
      /no end record/,
    ],
    [
      "an array of 65 dimensions",
      made({ weight: { shape: Array<number>(65).fill(1), key: "0", elements: 1 } }),
      /arguments that torch._utils._rebuild_tensor_v2 takes/,
    ],
  ])("refuses %s", async (_what, file, message) => {
    const error = await readError(file);
    expect(CheckpointError.isInstance(error), String(error)).toBe(true);
    expect(UnsafePickleError.isInstance(error)).toBe(false);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("model.pt");
  });

  it.each<[string, ReturnType<typeof guardedFile>, RegExp]>([
    [
      "big-endian arrays",
      made({ weight }, { ...three, records: { byteorder: "big" } }),
      /found arrays of a big-endian machine/,
    ],
    [
      "a version of the future",
      made({ weight }, { ...three, records: { version: "11\n" } }),
      /version: found "11", expected a number of at most 10/,
    ],
    [
      "a version that is none",
      made({ weight }, { ...three, records: { version: "new" } }),
      /version: found "new"/,
    ],
    [
      "a compressed array",
      made({ weight }, { ...three, changes: { "data/0": { method: 8 } } }),
      /"model\/data\/0": found a compressed entry/,
    ],
    [
      "a tar file",
      guardedFile(
        "model.pt",
        new Uint8Array(600)
          .fill(0x70, 0, 1)
          .fill(0x69, 1, 2)
          .fill(0x63, 2, 3)
          .fill(0x6b, 3, 4)
          .fill(0x6c, 4, 5)
          .fill(0x65, 5, 6)
          .fill(0x75, 257, 258)
          .fill(0x73, 258, 259)
          .fill(0x74, 259, 260)
          .fill(0x61, 260, 261)
          .fill(0x72, 261, 262),
      ),
      /found a tar file of torch 0.1/,
    ],
  ])("says that it does not read %s", async (_what, file, message) => {
    const error = await readError(file);
    expect(UnsupportedError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(message);
  });

  it.each([
    ["os.system in place of a tensor", op.call(op.global("os", "system"), op.text("id"))],
    [
      "eval within the arguments of a tensor",
      op.call(
        op.global("torch._utils", "_rebuild_parameter"),
        op.call(op.global("builtins", "eval"), op.text("1")),
      ),
    ],
    [
      "a storage whose type is a function",
      op.persistent(
        op.tuple(op.text("storage"), op.global("os", "system"), op.text("0"), op.text("cpu"), op.int(3)),
      ),
    ],
    ["another function of torch", op.call(op.global("torch", "load"), op.text("other.pt"))],
    ["a function of torch behind a dot", op.global("torch", "Tensor.__reduce_ex__")],
    ["what hangs on a module of torch", op.global("torch._utils", "os.system")],
    ["a call of a type", op.call(op.global("torch", "FloatStorage"), op.int(9))],
    ["a call of a tensor", op.call(tensorPart(weight), op.int(9))],
    ["attributes of a tensor", op.sequence(tensorPart(weight), "}b")],
  ])("refuses %s, and runs nothing", async (_what, part) => {
    const error = await readError(made({ weight: part }));
    expect(UnsafePickleError.isInstance(error), String(error)).toBe(true);
  });

  it("looks once through a dict that stands in many places", async () => {
    // 65,536 names for a dict of as many notes: looked through each time, they would take minutes.
    const counters = Array.from({ length: 65_536 }, (_, index) =>
      String.fromCharCode(index & 0xff, index >> 8),
    );
    const notes = `}(${counters.map((counter) => `M${counter}N`).join("")}u`;
    const names = counters.map((_, index) => `\x8c\x05${index.toString().padStart(5, "0")}h\x00`).join("");
    const content = op.sequence(
      ...[notes, "q\x000", "}(", names, op.text("model"), stateDictPart({ weight }), "u"],
    );
    const arrays = await readTorchFile(guardedFile("model.pt", torchFileBytes(content, three)));
    expect([...arrays.keys()]).toEqual(["weight"]);
  });
});
