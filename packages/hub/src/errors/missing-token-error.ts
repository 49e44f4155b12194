import { HubError } from "./hub-error.ts";

/** Something was to be written to the Hub, and there is no access token. */
export class MissingTokenError extends HubError {
  static override readonly code: string = "missing-token";
}
