import { type PythonJson, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { formulaCheckpointPlace } from "./__fixtures__/formula-checkpoint-place.ts";
import golden from "./__fixtures__/unet-blocks.json" with { type: "json" };
import { timeEmbeddingWidth } from "./time-embedding.ts";
import { UNet2DModel } from "./unet-2d-model.ts";
import { unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

interface Case {
  readonly config: PythonJson;
  readonly timesteps: readonly number[];
  readonly labels: readonly number[] | string | null;
  readonly factors: Readonly<Record<string, number>>;
  readonly params: number;
  readonly tensors: number;
  readonly output: {
    readonly shape: readonly number[];
    readonly sum: number;
    readonly magnitude: number;
    readonly step: number;
    readonly values: readonly number[];
  };
}

const place = formulaCheckpointPlace();
const cases = Object.entries<Case>(golden.cases);

/** What the reference passes where its labels are embeddings. */
function waveEmbeddings(config: PythonJson): Tensor<"float32"> {
  const width = timeEmbeddingWidth(unet2DModelConfigSchema.fromJson(config, "config.json"));
  const values = Float32Array.from({ length: 2 * width }, (_, index) => Math.sin(0.7 * index));
  return new Tensor("float32", values, [2, width]);
}

describe("UNet2DModel", () => {
  // Made by diffusers on PyTorch (float32, CPU; tools/reference/make_unet_goldens.py). Relative to the largest value;
  // sums of float32 in another order move these by about 1e-6, and 2e-5 leaves room for other CPUs.
  it.each(cases)("predicts what PyTorch does with %s", async (_name, golden) => {
    const location = await place(golden.config, golden.factors);
    await using model = await UNet2DModel.fromPretrained(location, { threads: 1 });
    expect(model.parameterCount).toBe(golden.params);
    const [batch = 0, , ...size] = golden.output.shape;
    const { labels, timesteps, output } = golden;
    const { sample } = await model.forward({
      sample: new TorchGenerator(0).randn([batch, model.config.inChannels, ...size]),
      timestep: timesteps,
      classLabels: typeof labels === "string" ? waveEmbeddings(golden.config) : (labels ?? undefined),
    });
    expect(sample.shape).toEqual(output.shape);
    const values = [...sample.data];
    const scale = Math.max(...values.map(Math.abs));
    const recorded = values.filter((_, index) => index % output.step === 0);
    expect(recorded).toHaveLength(output.values.length);
    recorded.forEach((value, index) => {
      expect(Math.abs(value - (output.values[index] as number)) / scale).toBeLessThan(2e-5);
    });
    const sum = values.reduce((total, value) => total + value, 0);
    const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
    expect(Math.abs(sum - output.sum) / output.magnitude).toBeLessThan(2e-5);
    expect(Math.abs(magnitude - output.magnitude) / output.magnitude).toBeLessThan(2e-5);
  });
});
