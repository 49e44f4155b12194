import type { GraphValue } from "../graph/graph-value.ts";
import { concatenate } from "../graph/operators/shaping.ts";
import { attention } from "../layers/attention.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import { attentionOptions, type BlockContext, resnetOptions } from "./block-context.ts";

/** What tells one kind of block on the way up from another. */
export interface UpBlockType {
  readonly hasAttention: boolean;
}

/** The kinds of blocks on the way up, by diffusers' names. */
export const upBlockTypes: Readonly<Record<string, UpBlockType>> = {
  ResnetUpsampleBlock2D: { hasAttention: false },
  AttnUpBlock2D: { hasAttention: true },
};

/**
 * Residual blocks, each over the image and one from the way down, with attention after each where the kind has it,
 * then a doubling of the image unless `isLast`.
 *
 * @param skips - One image from the way down per layer, in the order they were made; the last one is used first.
 */
export function upBlock(
  context: BlockContext,
  value: GraphValue,
  skips: readonly GraphValue[],
  scope: WeightScope,
  options: { readonly type: UpBlockType; readonly outChannels: number; readonly isLast: boolean },
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
  return resnetBlock(builder, hidden, activatedTime, scope.child("upsamplers.0"), {
    ...resnet,
    resample: "up",
  });
}
