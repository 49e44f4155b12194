import type { PythonJson } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { formatConfig } from "@onestep/core/internal/files";
import type { ExpectedWeight } from "../../definition.ts";
import { listUNet2DModelWeights } from "../unet-2d-model.ts";
import { unet2DModelConfigSchema } from "../unet-2d-model-config.ts";

/**
 * The files of a model whose weights follow a formula, so that PyTorch and this project can make the same model without
 * sharing a file. Weights are taken by sorted name; the k-th array's flat element i comes from b = sin(0.7 i + 1.3 k).
 *
 * @param factors - What single arrays are multiplied with, by name.
 * @returns The content of each file, in pieces.
 */
export function formulaCheckpoint(
  config: PythonJson,
  factors: Readonly<Record<string, number>> = {},
): Readonly<Record<string, readonly Uint8Array<ArrayBuffer>[]>> {
  const parsed = unet2DModelConfigSchema.fromJson(config, "config.json");
  const weights = [...listUNet2DModelWeights(parsed)].sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const arrays: Uint8Array<ArrayBuffer>[] = [];
  let position = 0;
  weights.forEach(({ name, shape }, index) => {
    const array = new Uint8Array(formulaArray({ name, shape }, index, factors[name] ?? 1).buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [position, position + array.length] };
    position += array.length;
    arrays.push(array);
  });
  const encoder = new TextEncoder();
  const text = encoder.encode(JSON.stringify(header));
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  return {
    "config.json": [encoder.encode(formatConfig(parsed))],
    "diffusion_pytorch_model.safetensors": [length, text, ...arrays],
  };
}

function formulaArray(
  { name, shape }: ExpectedWeight,
  index: number,
  factor: number,
): Float32Array<ArrayBuffer> {
  const size = elementCount(shape);
  const fanIn = size / (shape[0] ?? 1);
  const scale = (base: number): number => {
    if (shape.length === 1)
      return name.includes("norm") && name.endsWith("weight") ? 1 + 0.1 * base : 0.05 * base;
    return name === "class_embedding.weight" ? 0.1 * base : base / Math.sqrt(fanIn);
  };
  return Float32Array.from(
    { length: size },
    (_, element) => factor * scale(Math.sin(0.7 * element + 1.3 * index)),
  );
}
