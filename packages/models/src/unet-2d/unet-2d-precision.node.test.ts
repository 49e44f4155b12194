import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PythonJson, Tensor, TorchGenerator } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { type Graph, type OperatorName, specialise } from "@onestep/graph";
import { openRepository } from "@onestep/hub";
import { createInferenceSession, type Precision } from "@onestep/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../checkpoint/open-checkpoint.ts";
import { defineModel } from "../definition.ts";
import blocks from "./__fixtures__/unet-blocks.json" with { type: "json" };
import golden from "./__fixtures__/unet-golden.json" with { type: "json" };
import { writeFormulaCheckpoint } from "./__fixtures__/write-formula-checkpoint.ts";
import { forwardInputs } from "./inputs.ts";
import { classLabelKind, timeEmbeddingWidth, unet2DGraphNames } from "./time-embedding.ts";
import { UNet2DModel } from "./unet-2d-model.ts";
import { sampleSizeOf, type UNet2DModelConfig, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

// onnxruntime's CPU kernels have float16 as a way to store numbers: they compute in float32 and round what they hand on,
// unless the next operator takes float32 again. What would overflow on a GPU need not overflow here, so the first test
// looks at the types, and `npm run benchmark -- precision` computes on a GPU.

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-precision-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function parse(config: PythonJson): UNet2DModelConfig {
  return unet2DModelConfigSchema.fromJson(config, "config.json");
}

/** One pass of the model in a folder, over noise. */
async function predict(path: string, precision: Precision, timestep: number): Promise<Float32Array> {
  const config = parse(parsePythonJson(await readFile(join(path, "config.json"), "utf8"), "config.json"));
  const checkpoint = await openCheckpoint(await openRepository(path));
  const { height, width } = sampleSizeOf(config);
  const graph = specialise(defineModel(UNet2DModel.definition, config), {
    symbols: { height, width },
    dtype: precision,
  });
  const session = await createInferenceSession({ graph, weights: checkpoint.tensors }, { threads: 1 });
  const sample = new TorchGenerator(0).randn([1, config.inChannels, height, width]);
  const inputs = forwardInputs(config, { sample, timestep, classLabels: labelsFor(config) });
  const { [unet2DGraphNames.modelOutput]: output } = await session.run(inputs);
  await session.dispose();
  expect(output?.dtype).toBe("float32");
  return output?.data as Float32Array;
}

function labelsFor(config: UNet2DModelConfig): number | Tensor<"float32"> | undefined {
  const kind = classLabelKind(config);
  if (kind === "embedding") return Tensor.zeros([1, timeEmbeddingWidth(config)]);
  return kind === null ? undefined : 3;
}

/** Largest difference relative to the largest value; NaN where a value is not finite. */
function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  if (!actual.every(Number.isFinite)) return Number.NaN;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return (
    expected.reduce((most, value, index) => Math.max(most, Math.abs((actual[index] ?? 0) - value)), 0) / scale
  );
}

function inFloat16(config: PythonJson): Graph {
  return specialise(defineModel(UNet2DModel.definition, parse(config)), { dtype: "float16" });
}

describe("the graph in float16", () => {
  it("leaves to float32 what loses in float16, and nothing else", () => {
    const { nodes } = inFloat16(golden.cm_test_class_cond.config);
    const typesOf = (operator: OperatorName): (string | undefined)[] =>
      nodes.filter((node) => node.operator === operator).map(({ inputs: [first] }) => first?.dtype);
    // Norms and attention compute in float32 inside, whatever goes in; see the lowering.
    const norms = typesOf("groupNorm");
    expect(norms.at(-1)).toBe("float32");
    expect(new Set(norms.slice(0, -1))).toEqual(new Set(["float16"]));
    expect(new Set(typesOf("scaledDotProductAttention"))).toEqual(new Set(["float16"]));
    const convolutions = typesOf("conv2d");
    expect(convolutions.at(-1)).toBe("float32");
    expect(new Set(convolutions.slice(0, -1))).toEqual(new Set(["float16"]));
    // The embedding of the timestep, then its projection in each residual block.
    const products = typesOf("linear");
    expect(products.slice(0, 2)).toEqual(["float32", "float32"]);
    expect(new Set(products.slice(2))).toEqual(new Set(["float16"]));
  });

  it.each(Object.entries(blocks.cases))(
    "has operators that agree on their types: %s",
    (_name, { config }) => {
      expect(() => inFloat16(config as PythonJson)).not.toThrow();
    },
  );

  // Half an ulp of float16 is 2⁻¹¹ = 5e-4 of a value; dozens of roundings in a row add up to a few of them.
  it.each([
    "residual samplers, the timestep added",
    "scale and shift, convolutions",
    "a scale in the middle",
    "a learned time embedding",
    "embeddings as class labels",
    "skip blocks with attention",
    "k blocks",
  ] as const)("predicts nearly the same: %s", async (name) => {
    const { config, factors } = blocks.cases[name];
    const path = join(folder, name.replaceAll(" ", "-"));
    await writeFormulaCheckpoint(path, config as PythonJson, factors as Readonly<Record<string, number>>);
    const expected = await predict(path, "float32", 3);
    expect(relativeDifference(await predict(path, "float16", 3), expected)).toBeLessThan(1e-2);
  });

  // The image of a consistency model is its prediction by half of the standard deviation of the data, and -1 … 1 is 255.
  it.each([1095.5, 500, 80.9])("is within 2/255 for the shipped checkpoint at %d", async (timestep) => {
    const path = fileURLToPath(new URL("../../../emoji32/unet", import.meta.url));
    const [exact, half] = [
      await predict(path, "float32", timestep),
      await predict(path, "float16", timestep),
    ];
    const levels = exact.map((value, index) => Math.abs(value - (half[index] ?? Number.NaN)) * 0.5 * 127.5);
    expect(Math.max(...levels)).toBeLessThan(2);
  });
});
