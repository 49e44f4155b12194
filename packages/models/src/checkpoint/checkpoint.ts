import type { RepositoryFile } from "@onestep/hub";
import type { ElementType } from "../graph/element-type.ts";
import type { InterleavedRows } from "../graph/weight-reference.ts";

/** One array of a checkpoint: what it is and where its bytes lie. The bytes themselves are not read. */
export interface CheckpointTensor {
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  readonly file: RepositoryFile;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
  /**
   * How many elements one step in each dimension takes, where the elements do not lie in a row (a transposed tensor of torch).
   * No model is run with such an array; its bytes begin at `offset`, and `length` is what it takes in a row.
   */
  readonly strides?: readonly number[] | undefined;
  /** Where the rows do not lie together: the queries in a fused array that has queries, keys and values head by head. */
  readonly interleaved?: InterleavedRows | undefined;
}

/** What arrays a checkpoint holds, in one file or several. */
export interface Checkpoint {
  /** The files, in the order of the checkpoint's own index. */
  readonly files: readonly RepositoryFile[];
  /** The arrays by name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}
