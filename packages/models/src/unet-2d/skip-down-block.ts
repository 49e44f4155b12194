import type { GraphValue } from "../graph/graph-value.ts";
import { add } from "../graph/operators/elementwise.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { attention } from "../layers/attention.ts";
import { convolutionLayer } from "../layers/convolution-layer.ts";
import { firDownsample2D } from "../layers/fir-resampling.ts";
import { resnetBlock } from "../layers/resnet-block.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import {
  type BlockContext,
  type BlockOptions,
  skipAttentionOptions,
  skipResnetOptions,
} from "./block-context.ts";
import type { DownBlockResult } from "./down-block.ts";
import { quarterGroups } from "./norm-groups.ts";

/** What a skip block on the way down makes. */
export interface SkipDownBlockResult extends DownBlockResult {
  /** The input of the model, at the size of `value`. */
  readonly skipSample: GraphValue;
}

/**
 * Residual blocks, with attention after each where the kind has it; then, unless `isLast`, a halving of the image
 * through a filter, to which the equally halved input of the model is added; diffusers' `SkipDownBlock2D`,
 * `AttnSkipDownBlock2D` (NCSN++, Song et al., 2021, appendix H: the "input skip").
 *
 * @param skipSample - The input of the model, halved as often as `value`.
 */
export function skipDownBlock(
  context: BlockContext,
  value: GraphValue,
  skipSample: GraphValue,
  scope: WeightScope,
  options: BlockOptions,
): SkipDownBlockResult {
  const { builder, config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const skips: GraphValue[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    const resnet = skipResnetOptions(config, outChannels, quarterGroups(imageShape(hidden).channels));
    hidden = resnetBlock(builder, hidden, activatedTime, scope.child(`resnets.${layer}`), resnet);
    if (type.hasAttention) {
      const attentionScope = scope.child(`attentions.${layer}`);
      hidden = attention(builder, hidden, attentionScope, skipAttentionOptions(config, outChannels));
    }
    skips.push(hidden);
  }
  if (isLast) return { value: hidden, skips, skipSample };
  hidden = resnetBlock(builder, hidden, activatedTime, scope.child("resnet_down"), {
    ...skipResnetOptions(config, outChannels, quarterGroups(outChannels)),
    resample: "fir_down",
    useInShortcut: true,
  });
  const halved = firDownsample2D(builder, skipSample);
  const entry = convolutionLayer(builder, halved, scope.child("skip_conv"), { outChannels, kernelSize: 1 });
  hidden = add(builder, entry, hidden);
  return { value: hidden, skips: [...skips, hidden], skipSample: halved };
}
