import { HubError } from "./hub-error.ts";

/** The repository has no branch, tag or commit of that name. */
export class RevisionNotFoundError extends HubError {
  static override readonly code: string = "revision-not-found";
}
