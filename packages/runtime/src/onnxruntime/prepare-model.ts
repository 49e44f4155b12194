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
 * A weights file as passed to onnxruntime: in Node, its path on disk with symbolic links resolved; in browsers, its
 * content as a `Blob` or `File`, or through a reader.
 */
export type WeightsFile = string | Blob | WeightsReader;

/** A model as onnxruntime loads it. */
export interface OnnxruntimeModel {
  /** A serialised ModelProto. Its initializers name their file by `location`, a key of `files`. */
  readonly graph: Uint8Array;
  /** The weights files by their `location` in the graph. */
  readonly files: ReadonlyMap<string, WeightsFile>;
}

/**
 * Lowers a graph for a device, and decides how onnxruntime reads each weight: directly from its file, or converted if
 * onnxruntime-web cannot cast from the stored format.
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

/** Whether onnxruntime-node, which can cast from every format, reads the file. */
function isNative({ localPath }: StoredFile, device: Device): boolean {
  return localPath !== undefined && device !== "wasm";
}

/** The location of each file in the model: as required by onnxruntime for files on disk, otherwise the path. */
function locateFiles(files: ReadonlySet<StoredFile>): ReadonlyMap<StoredFile, string> {
  const list = [...files];
  const { locations } = planWeightFiles(list.flatMap(({ localPath }) => localPath ?? []));
  return new Map(list.map((file) => [file, locations.get(file.localPath ?? "") ?? file.path]));
}

function weightsFile(file: StoredFile): WeightsFile {
  return file.localPath ?? file.blob ?? file;
}
