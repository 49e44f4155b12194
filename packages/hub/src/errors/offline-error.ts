import { HubError } from "./hub-error.ts";

/** A file or revision is not in the cache, and requests are not allowed. */
export class OfflineError extends HubError {
  static override readonly code: string = "offline";
}
