import type { RepositoryFile } from "@onestep/hub";
import type { CheckpointTensor } from "@onestep/models";
import type { Arbitrary } from "fast-check";

/** A file to read, and what is known of it beforehand. */
export interface FuzzInput {
  readonly bytes: Uint8Array;
  /** The arrays of a file that nothing was done to: name → its bytes. Undefined where the file was mutated. */
  readonly contents: ReadonlyMap<string, Uint8Array> | undefined;
}

/** A reader of files and the files to try it with. */
export interface FuzzTarget {
  readonly name: string;
  readonly inputs: Arbitrary<FuzzInput>;
  /** Reads what arrays a file holds. */
  read(file: RepositoryFile): Promise<ReadonlyMap<string, CheckpointTensor>>;
  /** Whether several arrays may lie in the same bytes. */
  readonly mayOverlap: boolean;
}
