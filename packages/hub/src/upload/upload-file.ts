import type { ReadOptions } from "../repository.ts";

/** A file to be sent somewhere: its name, its length, and its bytes on demand. What `Repository.find` gives is one. */
export interface UploadFile {
  /** Relative path in the repository, with forward slashes. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `start` to `end` (exclusive). May be asked for more than once, and by parts in any order. */
  read(start: number, end: number, options?: Pick<ReadOptions, "signal">): Promise<Uint8Array>;
}
