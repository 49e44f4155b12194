import { OnestepError } from "@onestep/core";

/** A graph could not be loaded or run. The base of the errors of this package that are not about arguments. */
export class InferenceError extends OnestepError {
  static override readonly code: string = "inference";
}
