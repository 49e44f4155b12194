import type { OnestepErrorOptions, Problem } from "@onestep/core";
import { CacheWriteError } from "./cache-write-error.ts";

/** There is not enough room for a file. Nothing of it was fetched. */
export class DiskSpaceError extends CacheWriteError {
  static override readonly code: string = "disk-space";

  /** How many bytes are still to come. */
  readonly neededBytes: number;

  /** How many bytes are free for this user. */
  readonly freeBytes: number;

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & { readonly neededBytes: number; readonly freeBytes: number },
  ) {
    super(problem, options);
    this.neededBytes = options.neededBytes;
    this.freeBytes = options.freeBytes;
  }
}
