import { InferenceError } from "./inference-error.ts";

/** onnxruntime is not installed, or its native library does not load on this machine. */
export class MissingRuntimeError extends InferenceError {
  static override readonly code: string = "missing-runtime";
}
