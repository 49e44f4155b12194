import type { ReadOptions } from "@onestep/hub";
import { type ElementType, elementByteSize } from "../graph/element-type.ts";
import type { CheckpointTensor } from "./checkpoint.ts";

const chunkBytes = 16 * 1024 * 1024;

const typeNames: Readonly<Record<ElementType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};

/**
 * The bytes of a safetensors file with these arrays, in pieces of at most 16 MiB, so that a file of any size is written
 * without being held. Arrays are ordered as the reference implementation orders them: widest type first, then by name.
 */
export async function* writeSafetensors(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const ordered = [...tensors].sort(([leftName, left], [rightName, right]) => {
    const byWidth = elementByteSize[right.elementType] - elementByteSize[left.elementType];
    return byWidth !== 0 ? byWidth : leftName < rightName ? -1 : 1;
  });
  yield formatHeader(ordered);
  for (const [, { file, offset, length }] of ordered) {
    for (let start = 0; start < length; start += chunkBytes) {
      const end = Math.min(start + chunkBytes, length);
      yield await file.read(offset + start, offset + end, options);
    }
  }
}

function formatHeader(tensors: readonly (readonly [string, CheckpointTensor])[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let position = 0;
  for (const [name, { elementType, shape, length }] of tensors) {
    header[name] = { dtype: typeNames[elementType], shape, data_offsets: [position, position + length] };
    position += length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, 8);
  return bytes;
}
