import type { DType } from "@onestep/graph";
import type { InterleavedRows } from "./onnxruntime/lower-weight.ts";

/** A file that can be read in parts. */
export interface WeightsReader {
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `start` to `end` (exclusive). */
  read(
    start: number,
    end: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array>;
}

/** A weights file, such as a `RepositoryFile` of `@onestep/hub`. onnxruntime reads it from disk or from a Blob if possible. */
export interface StoredFile extends WeightsReader {
  /** Its name in messages. */
  readonly path: string;
  /** The absolute path on disk, every symbolic link resolved; undefined if the file is not on disk. */
  readonly localPath?: string | undefined;
  /** The content, in browsers, if available. */
  readonly blob?: Blob | undefined;
}

/** One weight: its description and its location in a file. The bytes themselves are not read. */
export interface StoredWeight {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly file: StoredFile;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes: little-endian, row-major, without gaps unless the rows are interleaved. */
  readonly length: number;
  /** Where the rows are stored between those of other arrays. */
  readonly interleaved?: InterleavedRows | undefined;
}

/** Bytes `start` to `end` (exclusive) of a weight, with its rows made contiguous. */
export async function readWeight(
  { file, offset, length, interleaved }: StoredWeight,
  start: number,
  end: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  if (interleaved === undefined) return file.read(offset + start, offset + end, options);
  const pieceLength = length / interleaved.groups;
  const bytes = new Uint8Array(end - start);
  for (let piece = Math.floor(start / pieceLength); piece * pieceLength < end; piece += 1) {
    const pieceStart = piece * pieceLength;
    const from = Math.max(start, pieceStart);
    const to = Math.min(end, pieceStart + pieceLength);
    const place = offset + piece * interleaved.of * pieceLength - pieceStart;
    bytes.set(await file.read(place + from, place + to, options), from - start);
  }
  return bytes;
}
