import { HubError } from "./hub-error.ts";

/** The cache folder cannot be written: read-only, full, or not a folder. */
export class CacheWriteError extends HubError {
  static override readonly code: string = "cache-write";
}
