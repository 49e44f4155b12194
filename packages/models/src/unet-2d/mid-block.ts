import type { GraphValue } from "../graph/graph-value.ts";
import { attention } from "../layers/attention.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import { attentionOptions, type BlockContext, resnetOptions } from "./block-context.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** A residual block, attention unless the configuration has none, a residual block; diffusers' `UNetMidBlock2D`. */
export function midBlock(context: BlockContext, value: GraphValue, scope: WeightScope): GraphValue {
  const { builder, config, activatedTime } = context;
  const channels = config.blockOutChannels.at(-1) as number;
  const outputScaleFactor = config.midBlockScaleFactor;
  const resnet = { ...resnetOptions(config, channels), outputScaleFactor };
  let hidden = resnetBlock(builder, value, activatedTime, scope.child("resnets.0"), resnet);
  if (config.addAttention) {
    hidden = attention(builder, hidden, scope.child("attentions.0"), {
      ...attentionOptions(config, channels),
      groups: middleAttentionGroups(config, resnet.groups),
      outputScaleFactor,
    });
  }
  return resnetBlock(builder, hidden, activatedTime, scope.child("resnets.1"), resnet);
}

/**
 * Groups of the norm before the middle attention. Without `attn_norm_num_groups`, models with scale and shift have no
 * norm there at all: so were checkpoints of before September 2023 made, and so does diffusers run them.
 */
export function middleAttentionGroups(config: UNet2DModelConfigValues, resnetGroups: number): number | null {
  if (config.attnNormNumGroups !== null) return config.attnNormNumGroups;
  return config.resnetTimeScaleShift === "default" ? resnetGroups : null;
}
