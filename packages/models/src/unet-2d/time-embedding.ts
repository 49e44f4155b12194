import { Tensor } from "@onestep/core";
import {
  add,
  concat,
  constant,
  cos,
  embedding,
  log,
  mul,
  reshape,
  type Scope,
  sin,
  type Value,
} from "@onestep/graph";
import { sinusoidalProjection, timestepEmbedding } from "../layers/embeddings.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Names of the inputs and the output of the graph of a UNet2DModel. */
export const unet2DGraphNames = {
  /** float32 [batch, in channels, height, width] */
  sample: "sample",
  /** The timestep, or its sinusoidal projection; see `timeInput`. */
  timestep(config: Pick<UNet2DModelConfigValues, "timeEmbeddingType">): string {
    return config.timeEmbeddingType === "positional" ? "timestep_projection" : "timestep";
  },
  /** Only for models with labels: class indices, int64 [batch], or their `classEmbedType` form. */
  classLabels: "class_labels",
  /** float32 [batch, out channels, height, width] */
  modelOutput: "model_output",
} as const;

/** Embeddings computed from timesteps and labels. */
export interface TimeEmbedding {
  /** The declared timestep input; see {@link timeInput}. */
  readonly timestep: Value;
  /** The sum of the embeddings of timestep and label, [batch, width]. */
  readonly embedding: Value;
}

/** Width of the time embedding. */
export function timeEmbeddingWidth(config: UNet2DModelConfigValues): number {
  return config.timeEmbeddingDim ?? 4 * (config.blockOutChannels[0] as number);
}

/** How a model embeds class labels: as table rows, timesteps or ready-made embeddings; null for no labels. */
export function classLabelKind(config: UNet2DModelConfigValues): "index" | "timestep" | "embedding" | null {
  if (config.classEmbedType === "timestep") return "timestep";
  if (config.classEmbedType === "identity") return "embedding";
  return config.numClassEmbeds === null ? null : "index";
}

/** Declares the inputs for timesteps and labels, and embeds them (diffusers `unets/unet_2d.py`). */
export function timeEmbedding(config: UNet2DModelConfigValues, scope: Scope): TimeEmbedding {
  const width = timeEmbeddingWidth(config);
  const timestep = timeInput(scope, config, unet2DGraphNames.timestep(config));
  const project = timeProjector(config, scope.child("time_proj"));
  const time = timestepEmbedding(project(timestep), scope.child("time_embedding"), width);
  const classScope = scope.child("class_embedding");
  switch (classLabelKind(config)) {
    case null:
      return { timestep, embedding: time };
    case "index": {
      const labels = scope.input(unet2DGraphNames.classLabels, "int64", ["batch"]);
      const table = classScope.matrix("weight", [config.numClassEmbeds as number, width], "float32");
      return { timestep, embedding: add(time, embedding(table, labels)) };
    }
    case "timestep": {
      const labels = timeInput(scope, config, unet2DGraphNames.classLabels);
      const embedded = timestepEmbedding(project(labels), classScope, width);
      return { timestep, embedding: add(time, embedded) };
    }
    case "embedding": {
      const labels = scope.input(unet2DGraphNames.classLabels, "float32", ["batch", width]);
      return { timestep, embedding: add(time, labels) };
    }
  }
}

/** Width of the timestep projection that feeds the time embedding. */
function timeProjectionWidth(config: UNet2DModelConfigValues): number {
  const firstChannels = config.blockOutChannels[0] as number;
  return config.timeEmbeddingType === "fourier" ? 2 * firstChannels : firstChannels;
}

/**
 * Declares the graph's timestep input, one per image: the sinusoidal projection, [batch, width], for positional embeddings;
 * the timestep itself, [batch], for embeddings with weights, as float32 or, for a learned embedding, int64.
 */
function timeInput(scope: Scope, config: UNet2DModelConfigValues, name: string): Value {
  switch (config.timeEmbeddingType) {
    case "positional":
      return scope.input(name, "float32", ["batch", timeProjectionWidth(config)]);
    case "fourier":
      return scope.input(name, "float32", ["batch"]);
    case "learned":
      return scope.input(name, "int64", ["batch"]);
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
 * Maps {@link timeInput} to the projection, [batch, width]: unchanged, or with the weights of `scope`, which are declared
 * once and shared; diffusers' `time_proj` (`models/embeddings.py`).
 */
function timeProjector(config: UNet2DModelConfigValues, scope: Scope): (input: Value) => Value {
  const firstChannels = config.blockOutChannels[0] as number;
  switch (config.timeEmbeddingType) {
    case "positional":
      return (input) => input;
    case "fourier": {
      const frequencies = reshape(scope.vector("weight", [firstChannels], "float32"), [1, firstChannels]);
      return (input) => fourierProjection(input, frequencies);
    }
    case "learned": {
      const table = scope.matrix("weight", [config.numTrainTimesteps as number, firstChannels], "float32");
      return (input) => embedding(table, input);
    }
  }
}

/**
 * Sines, then cosines, of 2π · frequency · ln(timestep); diffusers' `GaussianFourierProjection` (Tancik et al., 2020).
 * Factors are multiplied in diffusers' order, since arguments reach a few thousand rad.
 */
function fourierProjection(timestep: Value, frequencies: Value): Value {
  const level = reshape(log(timestep), [...timestep.shape, 1]);
  const turns = mul(mul(level, frequencies), constant([2]));
  const angle = mul(turns, constant([Math.PI]));
  return concat([sin(angle), cos(angle)], 1);
}
