import type { OnestepErrorOptions, Problem } from "@onestep/core";
import { HubError } from "./hub-error.ts";

/** The server could not be reached, or stopped answering. `cause` holds what the network layer said. */
export class ConnectionError extends HubError {
  static override readonly code: string = "connection";

  /** What asking again may help with: `"soon"`, `"perhaps"` where there was no way to the server at all, or `"never"`. */
  readonly retry: "soon" | "perhaps" | "never";

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & { readonly retry?: "soon" | "perhaps" | "never" } = {},
  ) {
    super(problem, options);
    this.retry = options.retry ?? "soon";
  }
}
