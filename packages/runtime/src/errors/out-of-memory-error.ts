import { InferenceError } from "./inference-error.ts";

/** There was not enough memory to load a graph or to run it. The session, where there is one, stays usable. */
export class OutOfMemoryError extends InferenceError {
  static override readonly code: string = "out-of-memory";
}
