import { HubError } from "./hub-error.ts";

/** The repository exists, but its licence has to be accepted before its files can be fetched. */
export class GatedRepositoryError extends HubError {
  static override readonly code: string = "gated-repository";
}
