import { Tensor } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { defineGraph, nameOf, type Scope, specialise, type Value } from "@onestep/graph";
import { createInferenceSession, type StoredWeight } from "@onestep/runtime";
import { placeWeights } from "./place-weights.ts";

/** What a layer computed, and the weights it was given, by name. */
export interface LayerRun {
  readonly output: Tensor<"float32">;
  readonly weights: ReadonlyMap<string, Tensor<"float32">>;
}

/** An array of numbers between -1 and 1 that look like nothing in particular. */
export function wave(shape: readonly number[], phase = 0): Tensor<"float32"> {
  const size = elementCount(shape);
  return new Tensor(
    "float32",
    Float32Array.from({ length: size }, (_, index) => Math.sin(0.7 * index + phase)),
    shape,
  );
}

/** Runs one layer over its inputs on onnxruntime, with weights that the layer's own requests decide. */
export async function runLayer<Inputs extends Readonly<Record<string, Tensor<"float32">>>>(
  inputs: Inputs,
  define: (scope: Scope, values: { [Name in keyof Inputs]: Value }) => Value,
): Promise<LayerRun> {
  const graph = defineGraph((scope) => {
    const values: Record<string, Value> = {};
    for (const [name, { shape }] of Object.entries(inputs)) {
      values[name] = scope.input(name, "float32", ["batch", ...shape.slice(1)]);
    }
    return { output: define(scope, values as { [Name in keyof Inputs]: Value }) };
  });
  const weights = new Map(
    graph.parameters.map((value, index) => [
      nameOf(value),
      wave(value.shape as readonly number[], index).mul(0.3),
    ]),
  );
  const arrays = [...weights.values()].map(({ data }) => new Uint8Array(Float32Array.from(data).buffer));
  const { file, remove } = await placeWeights(arrays);
  try {
    const stored = new Map<string, StoredWeight>();
    let offset = 0;
    for (const [name, { data, shape }] of weights) {
      stored.set(name, { dtype: "float32", shape, file, offset, length: data.byteLength });
      offset += data.byteLength;
    }
    const model = { graph: specialise(graph, { dtype: "float32" }), weights: stored };
    const session = await createInferenceSession(model, { threads: 1 });
    const { output } = await session.run(inputs);
    await session.dispose();
    return { output: output as Tensor<"float32">, weights };
  } finally {
    await remove();
  }
}
