import { OnestepError } from "./onestep-error.ts";

/** A model, session or pipeline was used after `dispose`. */
export class DisposedError extends OnestepError {
  static override readonly code: string = "disposed";
}
