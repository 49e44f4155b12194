import { nameOf } from "@onestep/graph";
import type { Device } from "../backend.ts";
import type { GraphWithWeights, OnnxModel } from "../session.ts";
import type { StoredFile, WeightsReader } from "../stored-weight.ts";
import type { LocatedWeight } from "./lower-weight.ts";
import { lowerGraph } from "./lowering.ts";
import { writeModelProto } from "./model-proto.ts";
import { planWeightFiles } from "./plan-weight-files.ts";
import { loweringTables } from "./tables.ts";
import { needsWidening, WidenedFile } from "./widened-file.ts";

/**
 * A file that holds weights, as onnxruntime is given it. In Node, its path on disk, symbolic links resolved; in browsers,
 * its content, as a `Blob` or `File` or behind a reader.
 */
export type WeightsFile = string | Blob | WeightsReader;

/** A model as onnxruntime loads it. */
export interface OnnxruntimeModel {
  /** A serialised ModelProto. Its initializers name their file by `location`, a key of `files`. */
  readonly graph: Uint8Array;
  /** Each file of weights by the `location` that the graph uses. */
  readonly files: ReadonlyMap<string, WeightsFile>;
}

/**
 * Lowers a graph for a device, and decides how onnxruntime finds each weight: in its file, wherever that is, and converted
 * where onnxruntime-web has no cast from the format in which it is stored.
 */
export function prepareModel(model: GraphWithWeights | OnnxModel, device: Device): OnnxruntimeModel {
  if ("onnx" in model) return { graph: model.onnx, files: new Map() };
  const { graph, weights } = model;
  const stored = graph.parameters.flatMap((value) => {
    const weight = weights.get(nameOf(value));
    return weight === undefined ? [] : [[nameOf(value), weight] as const];
  });
  const locations = locateFiles(new Set(stored.map(([, { file }]) => file)));
  const files = new Map([...locations].map(([file, location]) => [location, weightsFile(file)]));
  const widened = new WidenedFile();
  const widenedLocation = `${stored[0]?.[1].file.path}.float32`;
  const located = new Map(
    stored.map(([name, weight]): [string, LocatedWeight] => {
      const { file, offset, length, dtype, shape, interleaved } = weight;
      if (!isNative(file, device) && needsWidening(weight)) {
        return [name, { location: widenedLocation, ...widened.add(weight), dtype: "float32", shape }];
      }
      return [name, { location: locations.get(file) as string, offset, length, dtype, shape, interleaved }];
    }),
  );
  if (widened.size > 0) files.set(widenedLocation, widened);
  return { graph: writeModelProto(lowerGraph(graph, located, loweringTables[device])), files };
}

/** Whether onnxruntime-node reads the file, which casts from every format. */
function isNative({ localPath }: StoredFile, device: Device): boolean {
  return localPath !== undefined && device !== "wasm";
}

/** By what name the model refers to each file: as onnxruntime wants it for those on disk, else its path. */
function locateFiles(files: ReadonlySet<StoredFile>): ReadonlyMap<StoredFile, string> {
  const list = [...files];
  const { locations } = planWeightFiles(list.flatMap(({ localPath }) => localPath ?? []));
  return new Map(list.map((file) => [file, locations.get(file.localPath ?? "") ?? file.path]));
}

function weightsFile(file: StoredFile): WeightsFile {
  return file.localPath ?? file.blob ?? file;
}
