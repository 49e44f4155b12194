import { InferenceError, InvalidGraphError, OutOfMemoryError, WeightsFileError } from "../errors.ts";
import { WorkerCallError } from "./connection.ts";

/**
 * The typed error for a failure in the worker after onnxruntime was loaded. Anything but a {@link WorkerCallError} is
 * returned unchanged.
 *
 * @param files The paths of the weights files, for the messages.
 */
export function translateFailure(error: unknown, files: readonly string[]): unknown {
  if (!(error instanceof WorkerCallError)) return error;
  const { failure } = error;
  const options = { cause: error };
  if (/failed to allocate memory|bad[_ ]alloc/i.test(failure.message)) {
    return new OutOfMemoryError(
      {
        subject: "memory",
        found: "too little of it",
        expected:
          failure.stage === "create" ? "enough for the weights" : "enough for one run at this batch size",
        remedy: "Use a smaller batch, close other programs, or use a machine with more memory.",
        summary: `There is not enough memory for ${failure.stage === "create" ? "the weights" : "one run at this batch size"}.`,
      },
      options,
    );
  }
  if (failure.stage === "run") {
    return new InferenceError(
      `The model failed while it ran. onnxruntime says: ${failure.message.trim()}`,
      options,
    );
  }
  if (/external (data|initializer)|filesystem error/i.test(failure.message)) {
    return new WeightsFileError(
      {
        subject: files.join(", "),
        found: /out of bounds|can not be read in full/.test(failure.message)
          ? `a file that ends before ${describeInitializer(failure.message)}`
          : "a file that onnxruntime does not read",
        expected: "the weights that the graph refers to",
        remedy: `Download the checkpoint again. onnxruntime says: ${failure.message.trim()}`,
      },
      options,
    );
  }
  return new InvalidGraphError(`onnxruntime does not accept the graph: ${failure.message.trim()}`, options);
}

function describeInitializer(message: string): string {
  const name = /External initializer: (\S+) offset/.exec(message)?.[1];
  return name === undefined ? "a weight that the graph places in it" : `the weight "${name}"`;
}
