import type { GraphValue } from "../graph/graph-value.ts";
import { concatenate } from "../graph/operators/shaping.ts";
import { attention } from "../layers/attention.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import { upsample2D } from "../layers/upsample-2d.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import { attentionOptions, type BlockContext, type BlockOptions, resnetOptions } from "./block-context.ts";

/**
 * Residual blocks, each over the image and one from the way down, with attention after each where the kind has it,
 * then a doubling of the image unless `isLast`; diffusers' `UpBlock2D`, `ResnetUpsampleBlock2D`, `AttnUpBlock2D`.
 *
 * @param skips - One image from the way down per layer, in the order they were made; the last one is used first.
 */
export function upBlock(
  context: BlockContext,
  value: GraphValue,
  skips: readonly GraphValue[],
  scope: WeightScope,
  options: BlockOptions,
): GraphValue {
  const { builder, config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const resnet = resnetOptions(config, outChannels);
  let hidden = value;
  for (const [layer, skip] of skips.toReversed().entries()) {
    hidden = concatenate(builder, [hidden, skip], 1);
    hidden = resnetBlock(builder, hidden, activatedTime, scope.child(`resnets.${layer}`), resnet);
    if (type.hasAttention) {
      hidden = attention(
        builder,
        hidden,
        scope.child(`attentions.${layer}`),
        attentionOptions(config, outChannels),
      );
    }
  }
  if (isLast) return hidden;
  const sampler = scope.child("upsamplers.0");
  const usesResnet = (type.sampler === "configured" ? config.upsampleType : type.sampler) === "resnet";
  return usesResnet
    ? resnetBlock(builder, hidden, activatedTime, sampler, { ...resnet, resample: "up" })
    : upsample2D(builder, hidden, sampler);
}
