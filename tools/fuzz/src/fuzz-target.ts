import type { RepositoryFile } from "@onestep/hub";
import type { CheckpointTensor } from "@onestep/models";
import type { Arbitrary } from "fast-check";

/** A file to read, and what is known about it in advance. */
export interface FuzzInput {
  readonly bytes: Uint8Array;
  /** The arrays of an unmodified file: name → its bytes. Undefined if the file was mutated. */
  readonly contents: ReadonlyMap<string, Uint8Array> | undefined;
}

/** A reader of files, and the files to test it with. */
export interface FuzzTarget {
  readonly name: string;
  readonly inputs: Arbitrary<FuzzInput>;
  /** Reads what arrays a file holds. */
  read(file: RepositoryFile): Promise<ReadonlyMap<string, CheckpointTensor>>;
  /** Whether several arrays may share the same bytes. */
  readonly mayOverlap: boolean;
}
