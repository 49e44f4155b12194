import type { ElementType } from "./element-type.ts";

/** Where the bytes of one array lie: little-endian, row-major, without gaps. */
export interface WeightReference {
  /** The file, by the name that the session knows it under. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
}
