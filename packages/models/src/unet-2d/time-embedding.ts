import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add } from "../graph/operators/elementwise.ts";
import { gatherRows } from "../graph/operators/shaping.ts";
import { timestepEmbedding } from "../layers/timestep-embedding.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import { timeInput, timeProjector } from "./time-projection.ts";
import { unet2DGraphNames } from "./unet-2d-graph-names.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** What a graph computes from its timesteps and labels. */
export interface TimeEmbedding {
  /** What was declared for the timesteps; see {@link timeInput}. */
  readonly timestep: GraphValue;
  /** The sum of the embeddings of timestep and label, [batch, width]. */
  readonly embedding: GraphValue;
}

/** Width of the time embedding. */
export function timeEmbeddingWidth(config: UNet2DModelConfigValues): number {
  return config.timeEmbeddingDim ?? 4 * (config.blockOutChannels[0] as number);
}

/** What class labels are to a model: rows of a table, something like a timestep, or embeddings; null for no labels. */
export function classLabelKind(config: UNet2DModelConfigValues): "index" | "timestep" | "embedding" | null {
  if (config.classEmbedType === "timestep") return "timestep";
  if (config.classEmbedType === "identity") return "embedding";
  return config.numClassEmbeds === null ? null : "index";
}

/** Declares the inputs for timesteps and labels, and embeds them (diffusers `unets/unet_2d.py`). */
export function timeEmbedding(
  builder: GraphBuilder,
  config: UNet2DModelConfigValues,
  scope: WeightScope,
): TimeEmbedding {
  const width = timeEmbeddingWidth(config);
  const timestep = timeInput(builder, config, unet2DGraphNames.timestep(config));
  const project = timeProjector(builder, config, scope.child("time_proj"));
  const time = timestepEmbedding(builder, project(timestep), scope.child("time_embedding"), width);
  const classScope = scope.child("class_embedding");
  switch (classLabelKind(config)) {
    case null:
      return { timestep, embedding: time };
    case "index": {
      const labels = builder.input(unet2DGraphNames.classLabels, "int64", ["batch"]);
      const table = classScope.take("weight", "float32", [config.numClassEmbeds as number, width]);
      return { timestep, embedding: add(builder, time, gatherRows(builder, table, labels)) };
    }
    case "timestep": {
      const labels = timeInput(builder, config, unet2DGraphNames.classLabels);
      const embedded = timestepEmbedding(builder, project(labels), classScope, width);
      return { timestep, embedding: add(builder, time, embedded) };
    }
    case "embedding": {
      const labels = builder.input(unet2DGraphNames.classLabels, "float32", ["batch", width]);
      return { timestep, embedding: add(builder, time, labels) };
    }
  }
}
