import { OnestepError } from "@onestep/core";

/** The base of everything that can go wrong while files are found, fetched, stored or read. */
export class HubError extends OnestepError {
  static override readonly code: string = "hub";
}
