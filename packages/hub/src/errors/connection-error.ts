import { HubError } from "./hub-error.ts";

/** The server could not be reached, or stopped answering. `cause` holds what the network layer said. */
export class ConnectionError extends HubError {
  static override readonly code: string = "connection";
}
