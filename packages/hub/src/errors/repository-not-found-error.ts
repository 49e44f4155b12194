import { HubError } from "./hub-error.ts";

/** There is no such repository, or it is private and the token sent (if any) does not open it. */
export class RepositoryNotFoundError extends HubError {
  static override readonly code: string = "repository-not-found";
}
