import { HubError } from "./hub-error.ts";

/** The repository has no file at that path. */
export class EntryNotFoundError extends HubError {
  static override readonly code: string = "entry-not-found";
}
