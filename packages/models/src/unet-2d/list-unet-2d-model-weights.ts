import { byteLength } from "../graph/serialize-model.ts";
import { defineUNet2DGraph } from "./build-unet-2d-graph.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** A weight that a model needs. */
export interface ExpectedWeight {
  /** As diffusers names it in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Every weight that a model of this configuration needs, in the order in which the graph uses them.
 *
 * Found by defining the graph with a source that writes down what it is asked for, so that the list and the graph
 * cannot differ.
 *
 * @throws InvalidConfigError, UnsupportedError - see `checkUNet2DModelConfig`.
 */
export function listUNet2DModelWeights(config: UNet2DModelConfigValues): readonly ExpectedWeight[] {
  const weights: ExpectedWeight[] = [];
  defineUNet2DGraph(config, {
    resolve(name, shape) {
      weights.push({ name, shape });
      return { location: "", offset: 0, length: byteLength("float32", shape), elementType: "float32", shape };
    },
  });
  return weights;
}
