import { OnestepError } from "./onestep-error.ts";

/** A file could not be written. What stood in its place is as it was, and nothing half-written is left. */
export class FileWriteError extends OnestepError {
  static override readonly code: string = "file-write";
}
