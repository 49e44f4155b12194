import { InferenceError } from "./inference-error.ts";

/** A file that holds weights is missing, is not a file, cannot be read, or is shorter than the graph says. */
export class WeightsFileError extends InferenceError {
  static override readonly code: string = "weights-file";
}
