import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Names of the inputs and the output of the graph. */
export const unet2DGraphNames = {
  /** float32 [batch, in channels, height, width] */
  sample: "sample",
  /** The timestep, or its sinusoidal projection; see `timeInput`. */
  timestep(config: Pick<UNet2DModelConfigValues, "timeEmbeddingType">): string {
    return config.timeEmbeddingType === "positional" ? "timestep_projection" : "timestep";
  },
  /** Only where the model takes labels: their numbers, int64 [batch], or what `classEmbedType` makes of them. */
  classLabels: "class_labels",
  /** float32 [batch, out channels, height, width] */
  modelOutput: "model_output",
} as const;
