import type { RepositoryFile } from "@onestep/hub";
import {
  createInferenceSession,
  type InferenceSession,
  type InferenceSessionOptions,
  planWeightFiles,
  type WeightsFile,
} from "@onestep/runtime";
import type { Checkpoint, CheckpointTensor } from "../checkpoint/checkpoint.ts";
import { graphTypeOf } from "../graph/element-type.ts";
import type { WeightSource } from "../layers/weight-scope.ts";
import { needsWidening, WidenedFile } from "./widened-file.ts";

/**
 * Builds a graph over a checkpoint and makes it ready to run: the weights stay in their files, and the runtime maps or
 * reads them from there. For onnxruntime-web, arrays of a type that it lacks are converted as it reads them.
 *
 * @param buildGraph - Builds the graph; asks `source` where each weight lies.
 */
export async function startSession(
  checkpoint: Checkpoint,
  buildGraph: (source: WeightSource) => Uint8Array,
  options: InferenceSessionOptions,
): Promise<InferenceSession> {
  const locations = locateFiles(checkpoint.files);
  const isNative = (file: RepositoryFile): boolean =>
    file.localPath !== undefined && options.device !== "wasm";
  const widened = new WidenedFile();
  const widenedLocation = `${checkpoint.files[0]?.path}.float32`;
  const graph = buildGraph({
    resolve(name) {
      const tensor = checkpoint.tensors.get(name) as CheckpointTensor;
      const { file, offset, length, shape, interleaved } = tensor;
      if (!isNative(file) && needsWidening(tensor)) {
        return { location: widenedLocation, ...widened.add(tensor), elementType: "float32", shape };
      }
      const location = locations.get(file) as string;
      return { location, offset, length, shape, interleaved, ...graphTypeOf(tensor.elementType) };
    },
  });
  const files = new Map([...locations].map(([file, location]) => [location, weightsFile(file)]));
  if (widened.size > 0) files.set(widenedLocation, widened);
  return createInferenceSession({ graph, files }, options);
}

/** By what name the graph refers to each file: as the runtime wants it for those on disk, else its path. */
function locateFiles(files: readonly RepositoryFile[]): ReadonlyMap<RepositoryFile, string> {
  const paths = files.flatMap(({ localPath }) => localPath ?? []);
  const { locations } = planWeightFiles(paths);
  return new Map(files.map((file) => [file, locations.get(file.localPath ?? "") ?? file.path]));
}

function weightsFile(file: RepositoryFile): WeightsFile {
  return file.localPath ?? file.blob ?? file;
}
