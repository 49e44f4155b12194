import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import type { AttentionOptions } from "../layers/attention.ts";
import type { ResnetBlockOptions } from "../layers/resnet-block.ts";
import type { BlockType } from "./block-types.ts";
import { normGroups, quarterGroups } from "./norm-groups.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** What every block of one model shares. */
export interface BlockContext {
  readonly builder: GraphBuilder;
  readonly config: UNet2DModelConfigValues;
  /** The time embedding, [batch, width]. */
  readonly time: GraphValue;
  /** The time embedding after the activation of the residual blocks, [batch, width]. */
  readonly activatedTime: GraphValue;
}

/** What tells one block of a model from another. */
export interface BlockOptions {
  readonly type: BlockType;
  readonly outChannels: number;
  /** Whether it is the last on its way: that one does not change the size of the image. */
  readonly isLast: boolean;
}

/** Options of the residual blocks of a plain block with so many channels. */
export function resnetOptions(config: UNet2DModelConfigValues, outChannels: number): ResnetBlockOptions {
  return {
    outChannels,
    groups: normGroups(config, outChannels),
    epsilon: config.normEps,
    activation: config.actFn,
    timeScaleShift: config.resnetTimeScaleShift === "scale_shift" ? "scale_shift" : "default",
  };
}

/** Options of the attention of a plain block with so many channels. */
export function attentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    headDimension: config.attentionHeadDim ?? channels,
    groups: normGroups(config, channels),
    epsilon: config.normEps,
  };
}

/** The sums in skip blocks are divided by this, so that their variance stays. */
const skipScaleFactor = Math.SQRT2;

/** Groups of the norm before the attention of a skip block, whatever the config says. */
export const skipAttentionGroups = 32;

/** Options of the residual blocks of a skip block: `groups` are those of the first norm, over what goes in. */
export function skipResnetOptions(
  config: UNet2DModelConfigValues,
  outChannels: number,
  groups: number,
): ResnetBlockOptions {
  return {
    ...resnetOptions(config, outChannels),
    groups,
    groupsOut: quarterGroups(outChannels),
    outputScaleFactor: skipScaleFactor,
  };
}

/** Options of the attention of a skip block with so many channels. */
export function skipAttentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    ...attentionOptions(config, channels),
    groups: skipAttentionGroups,
    outputScaleFactor: skipScaleFactor,
  };
}
