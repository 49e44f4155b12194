import type { DType } from "@onestep/graph";

/** Rows that are stored between those of other arrays: `groups` times, piece `index` of `of` pieces of equal length. */
export interface InterleavedRows {
  readonly groups: number;
  readonly of: number;
  readonly index: number;
}

/** Where one array is stored, little-endian and row-major, and without gaps unless its rows are interleaved. */
export interface LocatedWeight {
  /** The file, as onnxruntime is told to call it. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes of the array. */
  readonly length: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly interleaved?: InterleavedRows | undefined;
}
