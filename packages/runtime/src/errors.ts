import { OnestepError } from "@onestep/core";

/** A graph could not be loaded or run. The base class of this package's errors, except those about arguments. */
export class InferenceError extends OnestepError {
  static override readonly code: string = "inference";
}

/** onnxruntime rejected the graph. Its own error is the `cause`. */
export class InvalidGraphError extends InferenceError {
  static override readonly code: string = "invalid-graph";
}

/** A file that holds weights is missing, is not a file, cannot be read, or is shorter than the graph says. */
export class WeightsFileError extends InferenceError {
  static override readonly code: string = "weights-file";
}

/** There was not enough memory to load or run a graph. An existing session stays usable. */
export class OutOfMemoryError extends InferenceError {
  static override readonly code: string = "out-of-memory";
}

/** onnxruntime is not installed, or its native library does not load on this machine. */
export class MissingRuntimeError extends InferenceError {
  static override readonly code: string = "missing-runtime";
}

/** The GPU was reset or lost during a call. The next call on the session reloads the model. */
export class DeviceLostError extends InferenceError {
  static override readonly code: string = "device-lost";
}

/** The session's thread ended unexpectedly. The session can no longer be used. */
export class WorkerExitError extends InferenceError {
  static override readonly code: string = "worker-exit";
}
