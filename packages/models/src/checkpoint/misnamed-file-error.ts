import { CheckpointError } from "./checkpoint-error.ts";
import type { FileKind } from "./identify-file.ts";

/** A file is of another kind than its reader's: of one that is read by another, or of one that nothing here reads. */
export class MisnamedFileError extends CheckpointError {
  /** Which reader it is for, where there is one. */
  readonly format: FileKind["format"];

  constructor(subject: string, expected: string, { found, remedy, format }: FileKind) {
    super({ subject, found, expected, remedy });
    this.format = format;
  }
}
