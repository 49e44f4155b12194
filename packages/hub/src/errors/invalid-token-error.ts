import { HubError } from "./hub-error.ts";

/** The endpoint refused the access token. The message never repeats the token. */
export class InvalidTokenError extends HubError {
  static override readonly code: string = "invalid-token";
}
