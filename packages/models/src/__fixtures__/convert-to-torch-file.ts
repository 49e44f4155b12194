import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateDictPart, torchFileBytes } from "@onestep/torch-files";
import { readSafetensors } from "../checkpoint/safetensors.ts";
import { memoryFile } from "./memory-repository.ts";

const stem = "diffusion_pytorch_model";

/** How {@link convertToTorchFile} writes the arrays. */
export interface ConvertOptions {
  /** Stores the numbers as float64. */
  readonly asFloat64?: boolean;
  /** New name of an array. */
  readonly rename?: (name: string) => string;
  /** Writes two files and an index. */
  readonly inShards?: boolean;
}

/** Replaces the float32 weights of a model's folder by a file as torch.save writes it. */
export async function convertToTorchFile(folder: string, options: ConvertOptions = {}): Promise<void> {
  const { asFloat64 = false, rename = (name: string) => name, inShards = false } = options;
  const path = join(folder, `${stem}.safetensors`);
  const file = memoryFile(path, new Uint8Array(await readFile(path)));
  const arrays: [string, readonly number[], Uint8Array][] = [];
  for (const [name, { offset, length, shape }] of await readSafetensors(file)) {
    const bytes = await file.read(offset, offset + length);
    const stored = asFloat64
      ? new Uint8Array(Float64Array.from(new Float32Array(bytes.buffer)).buffer)
      : bytes;
    arrays.push([rename(name), shape, stored]);
  }
  await rm(path);
  if (!inShards) {
    await writeFile(join(folder, `${stem}.bin`), torchFileOf(arrays, asFloat64));
    return;
  }
  const middle = Math.floor(arrays.length / 2);
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of [arrays.slice(0, middle), arrays.slice(middle)].entries()) {
    const name = `${stem}-0000${index + 1}-of-00002.bin`;
    await writeFile(join(folder, name), torchFileOf(shard, asFloat64));
    for (const [arrayName] of shard) weightMap[arrayName] = name;
  }
  await writeFile(join(folder, `${stem}.bin.index.json`), JSON.stringify({ weight_map: weightMap }));
}

function torchFileOf(
  arrays: readonly (readonly [string, readonly number[], Uint8Array])[],
  asFloat64: boolean,
): Uint8Array {
  const storageType = asFloat64 ? "DoubleStorage" : "FloatStorage";
  const tensors = arrays.map(
    ([name, shape], index) => [name, { shape, storageType, key: `${index}` }] as const,
  );
  const storages = arrays.map(([, , bytes], index) => [`${index}`, bytes] as const);
  return torchFileBytes(stateDictPart(Object.fromEntries(tensors)), {
    storages: Object.fromEntries(storages),
  });
}
