import type { GraphValue } from "../graph/graph-value.ts";
import { attention } from "../layers/attention.ts";
import { downsample2D } from "../layers/downsample-2d.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import { attentionOptions, type BlockContext, type BlockOptions, resnetOptions } from "./block-context.ts";

/** One block on the way down: the image it makes, and every image that the way up will need. */
export interface DownBlockResult {
  readonly value: GraphValue;
  readonly skips: readonly GraphValue[];
}

/**
 * Residual blocks, with attention after each where the kind has it, then a halving of the image unless `isLast`;
 * diffusers' `DownBlock2D`, `ResnetDownsampleBlock2D`, `AttnDownBlock2D`.
 */
export function downBlock(
  context: BlockContext,
  value: GraphValue,
  scope: WeightScope,
  options: BlockOptions,
): DownBlockResult {
  const { builder, config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const resnet = resnetOptions(config, outChannels);
  const skips: GraphValue[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    hidden = resnetBlock(builder, hidden, activatedTime, scope.child(`resnets.${layer}`), resnet);
    if (type.hasAttention) {
      hidden = attention(
        builder,
        hidden,
        scope.child(`attentions.${layer}`),
        attentionOptions(config, outChannels),
      );
    }
    skips.push(hidden);
  }
  if (isLast) return { value: hidden, skips };
  const sampler = scope.child("downsamplers.0");
  const usesResnet = (type.sampler === "configured" ? config.downsampleType : type.sampler) === "resnet";
  hidden = usesResnet
    ? resnetBlock(builder, hidden, activatedTime, sampler, { ...resnet, resample: "down" })
    : downsample2D(builder, hidden, sampler, config.downsamplePadding);
  return { value: hidden, skips: [...skips, hidden] };
}
