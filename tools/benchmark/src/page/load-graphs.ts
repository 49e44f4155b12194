import { createInferenceSession } from "@onestep/runtime";
import { Tensor, TorchGenerator, UNet2DModel } from "onestep";
import { checkpointPath, exportedPath, type GraphName, type PageTask } from "./page-task.ts";

/** Two graphs that are ready to run. */
export interface LoadedGraphs {
  readonly runs: Record<GraphName, () => Promise<Float32Array>>;
  readonly largestDifference: number;
}

const timestep = 80.9;

/**
 * Loads the graph that is built here and the one that torch.onnx exported, each in a worker of its own with the same build
 * and the same options of onnxruntime-web, and runs each twice, since the first pass makes the memory that it needs.
 */
export async function loadGraphs({ threads, classLabel }: PageTask): Promise<LoadedGraphs> {
  const device = "wasm";
  const folder = new URL(`${checkpointPath}unet/`, location.href);
  const unet = await UNet2DModel.fromPretrained(folder, { device, threads });
  const onnx = new Uint8Array(await (await fetch(exportedPath)).arrayBuffer());
  const session = await createInferenceSession({ onnx }, { device, threads });
  const { inChannels, sampleSize } = unet.config;
  const size = sampleSize as number;
  const sample = new TorchGenerator(0).randn([1, inChannels, size, size]) as Tensor<"float32">;
  const inputs = {
    sample,
    timestep: new Tensor("float32", Float32Array.of(timestep), [1]),
    ...(classLabel === undefined
      ? {}
      : { class_labels: new Tensor("int64", BigInt64Array.of(BigInt(classLabel)), [1]) }),
  };
  const runs = {
    built: async () => (await unet.forward({ sample, timestep, classLabels: classLabel })).sample.data,
    exported: async () => (await session.run(inputs))["model_output"]?.data as Float32Array,
  };
  await runs.built();
  await runs.exported();
  const [built, exported] = [await runs.built(), await runs.exported()];
  const largestDifference = built.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (exported[index] ?? Number.NaN))),
    0,
  );
  return { runs, largestDifference };
}
