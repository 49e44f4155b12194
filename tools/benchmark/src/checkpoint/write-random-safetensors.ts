import { type FileHandle, open } from "node:fs/promises";
import { elementCount } from "@onestep/core/internal";
import type { ExpectedWeight } from "@onestep/models";
import { chooseSpread, createNumberSource, type NumberSource } from "./random-weights.ts";

const chunkLength = 1 << 20;

/** Writes a safetensors file with a random float32 array for each weight, 4 MiB at a time. */
export async function writeRandomSafetensors(
  path: string,
  weights: readonly ExpectedWeight[],
  seed: number,
): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.appendFile(formatHeader(weights));
    const source = createNumberSource(seed);
    for (const weight of weights) await writeWeight(file, weight, source);
  } finally {
    await file.close();
  }
}

/** Adds a random float32 array to a file, 4 MiB at a time. */
export async function writeWeight(
  file: FileHandle,
  weight: ExpectedWeight,
  source: NumberSource,
): Promise<void> {
  const { center, reach } = chooseSpread(weight.name, weight.shape);
  let left = countElements(weight.shape);
  while (left > 0) {
    const chunk = new Float32Array(Math.min(left, chunkLength));
    for (let index = 0; index < chunk.length; index += 1) chunk[index] = center + reach * source();
    await file.appendFile(new Uint8Array(chunk.buffer));
    left -= chunk.length;
  }
}

function formatHeader(weights: readonly ExpectedWeight[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { name, shape } of weights) {
    const start = end;
    end += 4 * countElements(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const text = JSON.stringify(header);
  const padded = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + padded.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(padded, 8);
  return bytes;
}

/** How many elements an array of a shape has. */
export function countElements(shape: readonly number[]): number {
  return elementCount(shape);
}
