import { Tensor } from "@onestep/core";
import { createInferenceSession } from "@onestep/runtime";
import { GraphBuilder } from "../../graph/graph-builder.ts";
import type { GraphValue } from "../../graph/graph-value.ts";
import { WeightScope } from "../weight-scope.ts";
import { placeWeights } from "./place-weights.ts";

/** What a layer computed, and the weights it was given, by name. */
export interface LayerRun {
  readonly output: Tensor<"float32">;
  readonly weights: ReadonlyMap<string, Tensor<"float32">>;
}

/** An array of numbers between -1 and 1 that look like nothing in particular. */
export function wave(shape: readonly number[], phase = 0): Tensor<"float32"> {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return new Tensor(
    "float32",
    Float32Array.from({ length: size }, (_, index) => Math.sin(0.7 * index + phase)),
    shape,
  );
}

/** Runs one layer over its inputs on onnxruntime, with weights that the layer's own requests decide. */
export async function runLayer<Inputs extends Readonly<Record<string, Tensor<"float32">>>>(
  inputs: Inputs,
  build: (
    builder: GraphBuilder,
    scope: WeightScope,
    values: { [Name in keyof Inputs]: GraphValue },
  ) => GraphValue,
): Promise<LayerRun> {
  const weights = new Map<string, Tensor<"float32">>();
  const bytes: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  const builder = new GraphBuilder();
  const scope = new WeightScope(builder, {
    resolve(name, shape) {
      const weight = wave(shape, weights.size).mul(0.3);
      weights.set(name, weight);
      const reference = { location: "weights.bin", offset, length: weight.data.byteLength } as const;
      bytes.push(new Uint8Array(Float32Array.from(weight.data).buffer));
      offset += weight.data.byteLength;
      return { ...reference, elementType: "float32", shape };
    },
  });
  const values: Record<string, GraphValue> = {};
  for (const [name, { shape }] of Object.entries(inputs)) {
    values[name] = builder.input(name, "float32", ["batch", ...shape.slice(1)]);
  }
  builder.output("output", build(builder, scope, values as { [Name in keyof Inputs]: GraphValue }));
  const { file, remove } = await placeWeights(bytes);
  try {
    const model = {
      graph: builder.build(),
      files: new Map(bytes.length === 0 ? [] : [["weights.bin", file]]),
    };
    const session = await createInferenceSession(model, { threads: 1 });
    const { output } = await session.run(inputs);
    await session.dispose();
    return { output: output as Tensor<"float32">, weights };
  } finally {
    await remove();
  }
}
