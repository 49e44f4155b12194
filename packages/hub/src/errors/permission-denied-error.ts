import { HubError } from "./hub-error.ts";

/** The token is valid and may not do this: it can only read, or the owner is somebody else. */
export class PermissionDeniedError extends HubError {
  static override readonly code: string = "permission-denied";
}
