import type { OnestepErrorOptions, Problem } from "@onestep/core";
import { HubError } from "./hub-error.ts";

/** The server answered, and the answer is of no use: an internal error, too many requests, a reply out of form. */
export class ServerError extends HubError {
  static override readonly code: string = "server";

  /** The HTTP status. */
  readonly status: number;

  /** How long the server asks to wait, in seconds, where it says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    problem: Problem,
    options: OnestepErrorOptions & {
      readonly status: number;
      readonly retryAfterSeconds?: number | undefined;
    },
  ) {
    super(problem, options);
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
