import type { RepositoryFile } from "@onestep/hub";
import type { StoredWeight } from "@onestep/runtime";

/** One array of a checkpoint: what it is and which bytes of which file it is. The bytes themselves are not read. */
export interface CheckpointTensor extends StoredWeight {
  readonly file: RepositoryFile;
  /**
   * How many elements one step in each dimension takes, where the elements are not in a row (a transposed tensor of torch).
   * No model is run with such an array; its bytes begin at `offset`, and `length` is what it takes in a row.
   */
  readonly strides?: readonly number[] | undefined;
}

/** What arrays a checkpoint holds, in one file or several. */
export interface Checkpoint {
  /** The files, in the order of the checkpoint's own index. */
  readonly files: readonly RepositoryFile[];
  /** The arrays by name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}
