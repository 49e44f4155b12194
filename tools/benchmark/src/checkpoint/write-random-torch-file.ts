import { type FileHandle, open } from "node:fs/promises";
import type { ExpectedWeight } from "@onestep/models";
import {
  directoryEntry,
  endRecords,
  joinBytes,
  localHeader,
  op,
  pickleBytes,
  stateDictPart,
  type ZipPart,
} from "@onestep/torch-files";
import { createNumberSource } from "./random-weights.ts";
import { countElements, writeWeight } from "./write-random-safetensors.ts";

/** Writes a file as `torch.save` does with a random float32 array for each weight, 4 MiB at a time. Up to 4 GiB. */
export async function writeRandomTorchFile(
  path: string,
  weights: readonly ExpectedWeight[],
  seed: number,
): Promise<void> {
  const file = await open(path, "w");
  try {
    const source = createNumberSource(seed);
    const directory: Uint8Array[] = [];
    let position = 0;
    const add = async (part: ZipPart, length: number, write: () => Promise<void>): Promise<void> => {
      const sizes = { size: length, compressedSize: length };
      const entry = { ...part, local: sizes, listed: sizes };
      const header = joinBytes(localHeader(entry));
      directory.push(...directoryEntry(entry, position));
      await file.appendFile(header);
      await write();
      position += header.length + length;
    };
    for (const [name, bytes] of records(weights)) {
      await add({ name: `archive/${name}` }, bytes.length, () => file.appendFile(bytes));
    }
    for (const [index, weight] of weights.entries()) {
      const length = 4 * countElements(weight.shape);
      await add({ name: `archive/data/${index}` }, length, () => writeWeight(file, weight, source));
    }
    await finish(file, directory, weights.length + records(weights).length, position);
  } finally {
    await file.close();
  }
}

function records(weights: readonly ExpectedWeight[]): readonly (readonly [string, Uint8Array])[] {
  const parts = Object.fromEntries(
    weights.map(({ name, shape }, index) => [name, { shape, key: `${index}` }] as const),
  );
  return [
    ["data.pkl", pickleBytes(op.protocol(2), stateDictPart(parts))],
    ["byteorder", new TextEncoder().encode("little")],
    ["version", new TextEncoder().encode("3\n")],
  ];
}

async function finish(
  file: FileHandle,
  directory: readonly Uint8Array[],
  count: number,
  position: number,
): Promise<void> {
  const bytes = joinBytes(directory);
  await file.appendFile(joinBytes([bytes, ...endRecords(count, position, position + bytes.length)]));
}
