import type { Float8Type, GraphElementType } from "./element-type.ts";

/** Rows that do not lie together: `groups` times, `index` of `of` pieces of equal length counts. */
export interface InterleavedRows {
  readonly groups: number;
  readonly of: number;
  readonly index: number;
}

/** Where the bytes of one array lie: little-endian, row-major, without gaps unless its rows are interleaved. */
export interface WeightReference {
  /** The file, by the name that the session knows it under. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes of the array. */
  readonly length: number;
  /** `uint8` where `float8` says what a byte stands for. */
  readonly elementType: GraphElementType;
  readonly float8?: Float8Type | undefined;
  readonly shape: readonly number[];
  readonly interleaved?: InterleavedRows | undefined;
}
