import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import type { AttentionOptions } from "../layers/attention.ts";
import type { ResnetBlockOptions } from "../layers/resnet-block.ts";
import { normGroups } from "./norm-groups.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** What every block of one model shares. */
export interface BlockContext {
  readonly builder: GraphBuilder;
  readonly config: UNet2DModelConfigValues;
  /** `silu` of the time embedding, [batch, width]. */
  readonly activatedTime: GraphValue;
}

/** Options of the residual blocks of a block with so many channels. */
export function resnetOptions(config: UNet2DModelConfigValues, outChannels: number): ResnetBlockOptions {
  return {
    outChannels,
    groups: normGroups(config, outChannels),
    epsilon: config.normEps,
    timeScaleShift: config.resnetTimeScaleShift === "scale_shift" ? "scale_shift" : "default",
  };
}

/** Options of the attention of a block with so many channels. */
export function attentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    headDimension: config.attentionHeadDim ?? channels,
    groups: normGroups(config, channels),
    epsilon: config.normEps,
  };
}
