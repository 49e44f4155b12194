import { UnsupportedError } from "@onestep/core";
import {
  createInferenceSession,
  type InferenceSession,
  type InferenceSessionOptions,
  planWeightFiles,
} from "@onestep/runtime";
import type { Checkpoint, CheckpointTensor } from "../checkpoint/checkpoint.ts";
import type { WeightSource } from "../layers/weight-scope.ts";

/**
 * Builds a graph over a checkpoint and makes it ready to run: the weights stay in their files, and the runtime maps
 * them from there.
 *
 * @param buildGraph - Builds the graph; asks `source` where each weight lies.
 */
export async function startSession(
  checkpoint: Checkpoint,
  buildGraph: (source: WeightSource) => Uint8Array,
  options: InferenceSessionOptions,
): Promise<InferenceSession> {
  const paths = checkpoint.files.map((file) => {
    if (file.localPath !== undefined) return file.localPath;
    throw new UnsupportedError({
      subject: file.path,
      found: "a file that is not on disk",
      expected: "a file on disk",
      remedy: "Load the model in Node; running from memory is not built yet.",
    });
  });
  const { locations } = planWeightFiles(paths);
  const locate = ({ file }: CheckpointTensor): string => locations.get(file.localPath as string) as string;
  const graph = buildGraph({
    resolve(name) {
      const tensor = checkpoint.tensors.get(name) as CheckpointTensor;
      const { offset, length, elementType, shape } = tensor;
      return { location: locate(tensor), offset, length, elementType, shape };
    },
  });
  const files = new Map([...locations].map(([path, location]) => [location, path]));
  return createInferenceSession({ graph, files }, options);
}
