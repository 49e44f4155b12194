import { numberFormats } from "@onestep/graph";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { readWeight } from "@onestep/runtime";
import type { CheckpointTensor } from "./checkpoint.ts";

/** Bytes of the new file that are contiguous in a source file. */
interface Segment {
  /** First byte in the new file. */
  readonly start: number;
  readonly end: number;
  /** The source file, and the position of the first byte. */
  readonly file: Pick<RepositoryFile, "read">;
  readonly offset: number;
}

/**
 * A virtual safetensors file: its length is known, and any range of bytes can be read, from the arrays' source files. Only
 * the header is held in memory.
 *
 * Arrays are ordered as in the reference implementation: widest type first, then by name.
 */
export class SafetensorsLayout {
  /** Length in bytes. */
  readonly size: number;
  readonly #segments: readonly Segment[];

  constructor(tensors: ReadonlyMap<string, CheckpointTensor>) {
    const ordered = [...tensors].sort(([leftName, left], [rightName, right]) => {
      const byWidth = numberFormats[right.dtype].bytes - numberFormats[left.dtype].bytes;
      return byWidth !== 0 ? byWidth : leftName < rightName ? -1 : 1;
    });
    const header = formatHeader(ordered);
    const segments: Segment[] = [
      {
        start: 0,
        end: header.length,
        file: { read: async (from, to) => header.slice(from, to) },
        offset: 0,
      },
    ];
    let position = header.length;
    for (const [, tensor] of ordered) {
      const place = placeOf(tensor);
      addSegment(segments, { start: position, end: position + tensor.length, ...place });
      position += tensor.length;
    }
    this.size = position;
    this.#segments = segments;
  }

  /** Bytes `start` to `end` (exclusive). */
  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    const parts = this.#segments.filter((segment) => segment.start < end && segment.end > start);
    const readPart = (part: Segment): Promise<Uint8Array> => {
      const shift = part.offset - part.start;
      return part.file.read(Math.max(start, part.start) + shift, Math.min(end, part.end) + shift, options);
    };
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return readPart(only);
    const bytes = new Uint8Array(end - start);
    for (const part of parts) bytes.set(await readPart(part), Math.max(start, part.start) - start);
    return bytes;
  }
}

/** The location of an array's contiguous bytes. */
function placeOf(tensor: CheckpointTensor): Pick<Segment, "file" | "offset"> {
  if (tensor.interleaved === undefined) return { file: tensor.file, offset: tensor.offset };
  return { file: { read: (from, to, options) => readWeight(tensor, from, to, options) }, offset: 0 };
}

/** Adds a segment, merging it with an adjacent previous one. */
function addSegment(segments: Segment[], segment: Segment): void {
  const last = segments.at(-1);
  if (last?.file === segment.file && last.offset + (last.end - last.start) === segment.offset) {
    segments[segments.length - 1] = { ...last, end: segment.end };
  } else if (segment.end > segment.start) {
    segments.push(segment);
  }
}

function formatHeader(tensors: readonly (readonly [string, CheckpointTensor])[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let position = 0;
  for (const [name, { dtype, shape, length }] of tensors) {
    header[name] = {
      dtype: numberFormats[dtype].safetensors,
      shape,
      data_offsets: [position, position + length],
    };
    position += length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, 8);
  return bytes;
}
