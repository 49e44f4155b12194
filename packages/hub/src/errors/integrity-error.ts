import { HubError } from "./hub-error.ts";

/** Bytes that arrived, or that lie on disk, are not the ones that were promised. */
export class IntegrityError extends HubError {
  static override readonly code: string = "integrity";
}
