import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConsistencyModelPipeline, type Tensor, TorchGenerator, UNet2DModel } from "onestep";
import { largestDifference } from "../devices/measure-devices.ts";
import { copyWithScaledWeights, type WeightFactor } from "./scale-weights.ts";

/** How far a GPU is from the processor, with one set of weights in one precision. */
export interface PrecisionMeasurement {
  readonly weights: string;
  readonly dtype: "float32" | "float16";
  /** Between pixels of images made in one step, of 255. */
  readonly imageDifference: number;
  /** Between predictions at several timesteps, by the largest value that the processor predicts. */
  readonly relativeDifference: number;
  /** The number of predicted values that are not finite. */
  readonly notFinite: number;
}

/** Options of {@link measurePrecision}. */
export interface MeasurePrecisionOptions {
  readonly checkpoint: string;
  /** Seeds to make images with. */
  readonly seeds: number;
  readonly threads: number;
  readonly onStart: (description: string) => void;
}

/** Unchanged weights, and weights with which float16 would overflow in any norm or softmax computed in float16. */
const cases: readonly { readonly name: string; readonly factor?: WeightFactor }[] = [
  { name: "as published" },
  {
    name: "images × 1000: their squares leave float16",
    factor: { names: /^conv_in\./, factor: 1000 },
  },
  {
    name: "queries and keys × 300: scores leave float16",
    factor: { names: /\.(to_q|to_k)\./, factor: 300 },
  },
];

const timesteps: readonly number[] = [1095.5, 500, 80.9];

/**
 * Runs a checkpoint on the GPU through onnxruntime-node's WebGPU provider, in float32 and in float16, and compares with
 * float32 on the processor.
 *
 * @throws UnsupportedError if there is no GPU, or none with float16.
 */
export async function measurePrecision(
  options: MeasurePrecisionOptions,
): Promise<readonly PrecisionMeasurement[]> {
  const measurements: PrecisionMeasurement[] = [];
  const folder = await mkdtemp(join(tmpdir(), "onestep-precision-"));
  try {
    for (const [index, { name, factor }] of cases.entries()) {
      const copy = join(folder, String(index));
      if (factor !== undefined) await copyWithScaledWeights(options.checkpoint, copy, factor);
      const checkpoint = factor === undefined ? options.checkpoint : copy;
      options.onStart(`${name}: processor`);
      const expected = await makeOutputs(checkpoint, options, { device: "cpu" });
      for (const dtype of ["float32", "float16"] as const) {
        options.onStart(`${name}: GPU, ${dtype}`);
        const actual = await makeOutputs(checkpoint, options, { device: "webgpu", dtype });
        measurements.push({ weights: name, dtype, ...compareOutputs(actual, expected) });
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return measurements;
}

interface Outputs {
  readonly predictions: readonly Float32Array[];
  readonly images: readonly Uint8Array[];
}

async function makeOutputs(
  checkpoint: string,
  { seeds, threads }: MeasurePrecisionOptions,
  where: { readonly device: "cpu" | "webgpu"; readonly dtype?: "float32" | "float16" },
): Promise<Outputs> {
  await using unet = await UNet2DModel.fromPretrained(checkpoint, { subfolder: "unet", threads, ...where });
  const { inChannels, numClassEmbeds, sampleSize } = unet.config;
  const size = sampleSize as number;
  const pipeline = await ConsistencyModelPipeline.fromPretrained(checkpoint, { unet });
  const predictions: Float32Array[] = [];
  const images: Uint8Array[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const classLabels = numClassEmbeds === null ? undefined : seed % numClassEmbeds;
    const made = await pipeline.generate({ classLabels, numInferenceSteps: 1, seed });
    images.push(...made.images.map(({ data }) => Uint8Array.from(data)));
  }
  const sample = new TorchGenerator(0).randn([1, inChannels, size, size]) as Tensor<"float32">;
  for (const timestep of timesteps) {
    const classLabels = numClassEmbeds === null ? undefined : 0;
    predictions.push((await unet.forward({ sample, timestep, classLabels })).sample.data);
  }
  return { predictions, images };
}

function compareOutputs(
  actual: Outputs,
  expected: Outputs,
): Pick<PrecisionMeasurement, "imageDifference" | "relativeDifference" | "notFinite"> {
  const scale = Math.max(
    ...expected.predictions.map((values) =>
      values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    ),
  );
  const notFinite = actual.predictions.reduce(
    (count, values) => count + values.filter((value) => !Number.isFinite(value)).length,
    0,
  );
  return {
    imageDifference: largestDifference(actual.images, expected.images),
    relativeDifference: largestDifference(actual.predictions, expected.predictions) / scale,
    notFinite,
  };
}
