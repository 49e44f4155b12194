import type { RepositoryFile } from "@onestep/hub";
import type { StoredWeight } from "@onestep/runtime";

/** One array of a checkpoint: its type and its location in a file. The bytes themselves are not read. */
export interface CheckpointTensor extends StoredWeight {
  readonly file: RepositoryFile;
  /**
   * Strides in elements, if the array is not contiguous (a transposed torch tensor). Models cannot use such an array; its
   * bytes begin at `offset`, and `length` is its contiguous size.
   */
  readonly strides?: readonly number[] | undefined;
}

/** The arrays of a checkpoint, in one file or several. */
export interface Checkpoint {
  /** The files, in the order of the checkpoint's index. */
  readonly files: readonly RepositoryFile[];
  /** The arrays by name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}
