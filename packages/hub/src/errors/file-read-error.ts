import { HubError } from "./hub-error.ts";

/** A file that is on disk cannot be read, or is not text where text was asked for. */
export class FileReadError extends HubError {
  static override readonly code: string = "file-read";
}
