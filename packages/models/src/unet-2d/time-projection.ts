import { Tensor } from "@onestep/core";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { cosine, logarithm, multiply, sine } from "../graph/operators/elementwise.ts";
import { concatenate, gatherRows, reshape } from "../graph/operators/shaping.ts";
import { sinusoidalProjection } from "../layers/sinusoidal-projection.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** How many numbers a timestep becomes before the time embedding. */
export function timeProjectionWidth(config: UNet2DModelConfigValues): number {
  const firstChannels = config.blockOutChannels[0] as number;
  return config.timeEmbeddingType === "fourier" ? 2 * firstChannels : firstChannels;
}

/**
 * Declares what the graph takes for a timestep, one per image: its sinusoidal projection, [batch, width], where the
 * embedding is positional; the timestep itself, [batch], where weights are involved, as float32 or, for a learned
 * embedding, int64.
 */
export function timeInput(builder: GraphBuilder, config: UNet2DModelConfigValues, name: string): GraphValue {
  switch (config.timeEmbeddingType) {
    case "positional":
      return builder.input(name, "float32", ["batch", timeProjectionWidth(config)]);
    case "fourier":
      return builder.input(name, "float32", ["batch"]);
    case "learned":
      return builder.input(name, "int64", ["batch"]);
  }
}

/** The tensor for {@link timeInput}. */
export function timeTensor(config: UNet2DModelConfigValues, timesteps: readonly number[]): Tensor {
  switch (config.timeEmbeddingType) {
    case "positional": {
      const width = timeProjectionWidth(config);
      const rows = sinusoidalProjection(timesteps, {
        width,
        flipSinToCos: config.flipSinToCos,
        frequencyShift: config.freqShift,
      });
      return new Tensor("float32", rows, [timesteps.length, width]);
    }
    case "fourier":
      return new Tensor("float32", Float32Array.from(timesteps), [timesteps.length]);
    case "learned":
      return new Tensor("int64", BigInt64Array.from(timesteps, BigInt), [timesteps.length]);
  }
}

/**
 * From {@link timeInput} to the projection, [batch, width]: as it comes, or with the weights of `scope`, which are taken
 * once for all that is projected; diffusers' `time_proj` (`models/embeddings.py`).
 */
export function timeProjector(
  builder: GraphBuilder,
  config: UNet2DModelConfigValues,
  scope: WeightScope,
): (input: GraphValue) => GraphValue {
  const firstChannels = config.blockOutChannels[0] as number;
  switch (config.timeEmbeddingType) {
    case "positional":
      return (input) => input;
    case "fourier": {
      const frequencies = scope.take("weight", "float32", [firstChannels], [1, firstChannels]);
      return (input) => fourierProjection(builder, input, frequencies);
    }
    case "learned": {
      const table = scope.take("weight", "float32", [config.numTrainTimesteps as number, firstChannels]);
      return (input) => gatherRows(builder, table, input);
    }
  }
}

/**
 * Sines, then cosines, of 2π · frequency · ln(timestep); diffusers' `GaussianFourierProjection` (Tancik et al., 2020).
 * The factors are multiplied in the order of diffusers, since the arguments reach a few thousand rad.
 */
function fourierProjection(builder: GraphBuilder, timestep: GraphValue, frequencies: GraphValue): GraphValue {
  const [batch] = timestep.shape as readonly [string];
  const level = reshape(builder, logarithm(builder, timestep), [batch, 1]);
  const turns = multiply(builder, multiply(builder, level, frequencies), builder.floats([2]));
  const angle = multiply(builder, turns, builder.floats([Math.PI]));
  return concatenate(builder, [sine(builder, angle), cosine(builder, angle)], 1);
}
