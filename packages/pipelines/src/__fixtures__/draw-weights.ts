import { TorchGenerator } from "@onestep/core";

/**
 * Draws the weights of a model, as `tools/reference/make_pipeline_goldens.py` does with torch's generator: array after
 * array, by sorted name.
 */
export function drawWeights(): (name: string, shape: readonly number[]) => Float32Array {
  const generator = new TorchGenerator(0);
  return (name, shape) => {
    const drawn = generator.randn(shape);
    const isScale = name.includes("norm") && name.endsWith("weight");
    if (shape.length === 1) return (isScale ? drawn.div(10).add(1) : drawn.div(20)).data;
    return drawn.div(Math.sqrt(drawn.data.length / (shape[0] ?? 1))).data;
  };
}
