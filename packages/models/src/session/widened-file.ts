import type { WeightsReader } from "@onestep/runtime";
import type { CheckpointTensor } from "../checkpoint/checkpoint.ts";
import { readTensor } from "../checkpoint/read-tensor.ts";

const bytesPerValue = 4;

interface Part {
  readonly tensor: CheckpointTensor;
  readonly start: number;
  readonly end: number;
}

/** Whether onnxruntime-web has no cast from the type in which an array is stored. */
export function needsWidening({ elementType }: CheckpointTensor): boolean {
  return elementType === "bfloat16" || elementType === "float64";
}

/**
 * Arrays of bfloat16 and float64, as a file of float32 that is nowhere: its bytes are computed when they are read. Each
 * number is the one that a cast in the graph makes.
 */
export class WidenedFile implements WeightsReader {
  readonly #parts: Part[] = [];

  get size(): number {
    return this.#parts.at(-1)?.end ?? 0;
  }

  /** Appends an array. @returns Where it begins in the file, and its length in bytes. */
  add(tensor: CheckpointTensor): { readonly offset: number; readonly length: number } {
    const start = this.size;
    const length = bytesPerValue * tensor.shape.reduce((product, dimension) => product * dimension, 1);
    this.#parts.push({ tensor, start, end: start + length });
    return { offset: start, length };
  }

  async read(
    start: number,
    end: number,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    for (const part of this.#parts) {
      if (part.end <= start || part.start >= end) continue;
      const first = Math.floor(Math.max(0, start - part.start) / bytesPerValue);
      const last = Math.ceil((Math.min(part.end, end) - part.start) / bytesPerValue);
      const values = new Uint8Array((await readValues(part.tensor, first, last, options)).buffer);
      const position = part.start + first * bytesPerValue - start;
      const skipped = Math.max(0, -position);
      bytes.set(values.subarray(skipped, skipped + bytes.length - Math.max(0, position)), position + skipped);
    }
    return bytes;
  }
}

async function readValues(
  tensor: CheckpointTensor,
  first: number,
  last: number,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const { elementType } = tensor;
  const width = elementType === "float64" ? 8 : 2;
  // A copy, since what a file gives may begin at any byte of a buffer.
  const { buffer } = Uint8Array.from(await readTensor(tensor, first * width, last * width, options));
  if (elementType === "float64") return Float32Array.from(new Float64Array(buffer));
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}
