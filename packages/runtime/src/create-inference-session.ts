import { inferenceBackend } from "#inference-backend";
import { checkSessionOptions } from "./check-session-options.ts";
import type { GraphWithWeights, InferenceSession, InferenceSessionOptions } from "./inference-session.ts";

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
  const start = await checkSessionOptions(options);
  start.signal?.throwIfAborted();
  return inferenceBackend.start(model, start);
}
