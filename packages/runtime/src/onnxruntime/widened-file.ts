import { byteLength } from "@onestep/graph";
import { readWeight, type StoredWeight, type WeightsReader } from "../stored-weight.ts";

const bytesPerValue = 4;

interface Part {
  readonly weight: StoredWeight;
  readonly start: number;
  readonly end: number;
}

/** Whether onnxruntime-web cannot cast from an array's stored type. */
export function needsWidening({ dtype }: StoredWeight): boolean {
  return dtype === "bfloat16" || dtype === "float64";
}

/**
 * A virtual float32 file over bfloat16 and float64 arrays, converted when read. The results equal those of a cast in
 * the graph.
 */
export class WidenedFile implements WeightsReader {
  readonly #parts: Part[] = [];

  get size(): number {
    return this.#parts.at(-1)?.end ?? 0;
  }

  /** Appends an array. @returns Its offset in the file, and its length in bytes. */
  add(weight: StoredWeight): { readonly offset: number; readonly length: number } {
    const start = this.size;
    const length = byteLength("float32", weight.shape);
    this.#parts.push({ weight, start, end: start + length });
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
      const values = new Uint8Array((await readValues(part.weight, first, last, options)).buffer);
      const position = part.start + first * bytesPerValue - start;
      const skipped = Math.max(0, -position);
      bytes.set(values.subarray(skipped, skipped + bytes.length - Math.max(0, position)), position + skipped);
    }
    return bytes;
  }
}

async function readValues(
  weight: StoredWeight,
  first: number,
  last: number,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const { dtype } = weight;
  const width = dtype === "float64" ? 8 : 2;
  // A copy, since the data may be unaligned in its buffer.
  const { buffer } = Uint8Array.from(await readWeight(weight, first * width, last * width, options));
  if (dtype === "float64") return Float32Array.from(new Float64Array(buffer));
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}
