import { InvalidArgumentError } from "@onestep/core";
import { inferenceBackend } from "#inference-backend";
import type { GraphWithWeights, InferenceSession, InferenceSessionOptions } from "./inference-session.ts";
import { resolveDevice } from "./resolve-device.ts";

/**
 * Makes a graph ready to run, its weights read from where they lie.
 *
 * @throws InvalidArgumentError where an option is wrong, or `files` does not name the files as `planWeightFiles` does.
 * @throws UnsupportedError where the device is not available here.
 * @throws WeightsFileError where a file is missing, is not a regular file, or is shorter than the graph says.
 * @throws InvalidGraphError where onnxruntime does not accept the graph.
 * @throws OutOfMemoryError where the weights do not fit into memory.
 * @throws MissingRuntimeError where onnxruntime-node is not installed, or does not load on this machine.
 */
export async function createInferenceSession(
  model: GraphWithWeights,
  options: InferenceSessionOptions = {},
): Promise<InferenceSession> {
  const { threads, signal } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new InvalidArgumentError({
      subject: "threads",
      found: String(threads),
      expected: "a whole number of at least 1",
      remedy: "Pass the number of threads to compute with, or leave it out for the number of cores.",
    });
  }
  const device = resolveDevice(options.device, inferenceBackend.devices);
  signal?.throwIfAborted();
  return inferenceBackend.start(model, { device, threads, signal });
}
