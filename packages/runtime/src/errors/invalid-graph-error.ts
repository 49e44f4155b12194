import { InferenceError } from "./inference-error.ts";

/** onnxruntime does not accept the graph. Its own words are the error's `cause`. */
export class InvalidGraphError extends InferenceError {
  static override readonly code: string = "invalid-graph";
}
