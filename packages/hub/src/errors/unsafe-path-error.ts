import { HubError } from "./hub-error.ts";

/** A path in a repository that would lead out of it. Refused before the disk or the network is touched. */
export class UnsafePathError extends HubError {
  static override readonly code: string = "unsafe-path";
}
