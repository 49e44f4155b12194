import { HubError } from "./hub-error.ts";

/** Somebody else changes the repository at the same time. Nothing was committed. */
export class ConflictError extends HubError {
  static override readonly code: string = "conflict";
}
