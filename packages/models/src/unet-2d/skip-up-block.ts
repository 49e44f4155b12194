import type { GraphValue } from "../graph/graph-value.ts";
import { add } from "../graph/operators/elementwise.ts";
import { concatenate } from "../graph/operators/shaping.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { attention } from "../layers/attention.ts";
import { firUpsample2D } from "../layers/fir-resampling.ts";
import { outputProjection } from "../layers/output-projection.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import {
  type BlockContext,
  type BlockOptions,
  skipAttentionOptions,
  skipResnetOptions,
} from "./block-context.ts";
import { quarterGroups } from "./norm-groups.ts";

/** What a skip block on the way up makes. */
export interface SkipUpBlockResult {
  readonly value: GraphValue;
  /** The output so far, at the size that `value` had before it was doubled; `undefined` where there is none yet. */
  readonly skipSample: GraphValue | undefined;
}

/** Channels of the images beside skip blocks: diffusers has no others. */
export const skipImageChannels = 3;

/**
 * Residual blocks, each over the image and one from the way down, then one attention where the kind has it; then, unless
 * `isLast`, what the block adds to the output of the model, and a doubling of the image through a filter; diffusers'
 * `SkipUpBlock2D`, `AttnSkipUpBlock2D` (NCSN++, Song et al., 2021, appendix H: the "output skip").
 *
 * @param skips - One image from the way down per layer, in the order they were made; the last one is used first.
 * @param skipSample - The output so far, at half the size of `value`.
 */
export function skipUpBlock(
  context: BlockContext,
  value: GraphValue,
  skips: readonly GraphValue[],
  skipSample: GraphValue | undefined,
  scope: WeightScope,
  options: BlockOptions,
): SkipUpBlockResult {
  const { builder, config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  let hidden = value;
  for (const [layer, skip] of skips.toReversed().entries()) {
    const groups = skipUpGroups(type.hasAttention, imageShape(hidden).channels, imageShape(skip).channels);
    const resnet = skipResnetOptions(config, outChannels, groups);
    hidden = concatenate(builder, [hidden, skip], 1);
    hidden = resnetBlock(builder, hidden, activatedTime, scope.child(`resnets.${layer}`), resnet);
  }
  if (type.hasAttention) {
    const attentionScope = scope.child("attentions.0");
    hidden = attention(builder, hidden, attentionScope, skipAttentionOptions(config, outChannels));
  }
  const doubled = skipSample === undefined ? undefined : firUpsample2D(builder, skipSample);
  if (isLast) return { value: hidden, skipSample: doubled };

  const addition = outputProjection(builder, hidden, scope, {
    names: { norm: "skip_norm", convolution: "skip_conv" },
    outChannels: skipImageChannels,
    groups: quarterGroups(outChannels),
    epsilon: config.normEps,
  });
  hidden = resnetBlock(builder, hidden, activatedTime, scope.child("resnet_up"), {
    ...skipResnetOptions(config, outChannels, quarterGroups(outChannels)),
    resample: "fir_up",
    useInShortcut: true,
  });
  return { value: hidden, skipSample: doubled === undefined ? addition : add(builder, doubled, addition) };
}

/**
 * Groups of the first norm of a residual block on the way up, over `channels` of the image and `skipChannels` from the
 * way down. Blocks with attention take the quarter of the second only: diffusers has it so, and checkpoints with it.
 */
export function skipUpGroups(hasAttention: boolean, channels: number, skipChannels: number): number {
  return hasAttention
    ? Math.min(channels + Math.floor(skipChannels / 4), 32)
    : quarterGroups(channels + skipChannels);
}
