import { InferenceError } from "./inference-error.ts";

/** The GPU was reset or taken away while it worked. The next call on the session loads the model anew. */
export class DeviceLostError extends InferenceError {
  static override readonly code: string = "device-lost";
}
