import { OnestepError } from "@onestep/core";

/** A graph could not be loaded or run. The base of the errors of this package that are not about arguments. */
export class InferenceError extends OnestepError {
  static override readonly code: string = "inference";
}

/** onnxruntime does not accept the graph. Its own words are the error's `cause`. */
export class InvalidGraphError extends InferenceError {
  static override readonly code: string = "invalid-graph";
}

/** A file that holds weights is missing, is not a file, cannot be read, or is shorter than the graph says. */
export class WeightsFileError extends InferenceError {
  static override readonly code: string = "weights-file";
}

/** There was not enough memory to load a graph or to run it. The session, where there is one, stays usable. */
export class OutOfMemoryError extends InferenceError {
  static override readonly code: string = "out-of-memory";
}

/** onnxruntime is not installed, or its native library does not load on this machine. */
export class MissingRuntimeError extends InferenceError {
  static override readonly code: string = "missing-runtime";
}

/** The GPU was reset or taken away while it worked. The next call on the session loads the model again. */
export class DeviceLostError extends InferenceError {
  static override readonly code: string = "device-lost";
}

/** The thread that ran the session has ended on its own. The session is of no further use. */
export class WorkerExitError extends InferenceError {
  static override readonly code: string = "worker-exit";
}
