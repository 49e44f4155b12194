import { OnestepError } from "./onestep-error.ts";

/** An option or argument that the caller passed is wrong. */
export class InvalidArgumentError extends OnestepError {
  static override readonly code: string = "invalid-argument";
}
