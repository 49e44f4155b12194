import { add, concat, GraphError, imageShape, type Scope, type Value } from "@onestep/graph";
import { type AttentionOptions, attention } from "../layers/attention.ts";
import { convolutionLayer } from "../layers/modules.ts";
import { outputProjection } from "../layers/output-projection.ts";
import { firDownsample2D, firUpsample2D } from "../layers/resampling.ts";
import { type ResnetBlockOptions, resnetBlock } from "../layers/resnet-block.ts";
import {
  attentionOptions,
  type BlockContext,
  type BlockOptions,
  type DownBlockResult,
  quarterGroups,
  resnetOptions,
} from "./blocks.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** The result of a skip down block. */
export interface SkipDownBlockResult extends DownBlockResult {
  /** The model input, at the size of `value`. */
  readonly skipSample: Value;
}

/**
 * Residual blocks, each followed by attention if the kind has it; then, unless `isLast`, filtered downsampling of the image,
 * to which the equally downsampled model input is added; diffusers' `SkipDownBlock2D`,
 * `AttnSkipDownBlock2D` (NCSN++, Song et al., 2021, appendix H: the "input skip").
 *
 * @param skipSample - The model input, downsampled to the size of `value`.
 */
export function skipDownBlock(
  context: BlockContext,
  value: Value,
  skipSample: Value,
  scope: Scope,
  options: BlockOptions,
): SkipDownBlockResult {
  const { config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const skips: Value[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    const resnet = skipResnetOptions(config, outChannels, quarterGroups(imageShape(hidden).channels));
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(hidden, activatedTime, part, resnet));
    if (type.hasAttention) {
      const options = skipAttentionOptions(config, outChannels);
      hidden = scope.within(`attentions.${layer}`, (part) => attention(hidden, part, options));
    }
    skips.push(hidden);
  }
  if (isLast) return { value: hidden, skips, skipSample };
  const sampler: ResnetBlockOptions = {
    ...skipResnetOptions(config, outChannels, quarterGroups(outChannels)),
    resample: "fir_down",
    useInShortcut: true,
  };
  hidden = scope.within("resnet_down", (part) => resnetBlock(hidden, activatedTime, part, sampler));
  const halved = firDownsample2D(requireImageChannels("in_channels", skipSample));
  const entry = convolutionLayer(halved, scope.child("skip_conv"), { outChannels, kernelSize: 1 });
  hidden = add(entry, hidden);
  return { value: hidden, skips: [...skips, hidden], skipSample: halved };
}

/** The result of a skip up block. */
export interface SkipUpBlockResult {
  readonly value: Value;
  /** The output so far, at the size of `value` before upsampling; `undefined` before the first. */
  readonly skipSample: Value | undefined;
}

/** Channels of the skip images; fixed in diffusers. */
const skipImageChannels = 3;

/**
 * Residual blocks over the image and one skip each, then one attention if the kind has it; then, unless `isLast`, the
 * block's contribution to the model output, and filtered upsampling of the image; diffusers'
 * `SkipUpBlock2D`, `AttnSkipUpBlock2D` (NCSN++, Song et al., 2021, appendix H: the "output skip").
 *
 * @param skips - One skip per layer, in the order produced; the last one is used first.
 * @param skipSample - The output so far, at half the size of `value`.
 */
export function skipUpBlock(
  context: BlockContext,
  value: Value,
  skips: readonly Value[],
  skipSample: Value | undefined,
  scope: Scope,
  options: BlockOptions,
): SkipUpBlockResult {
  const { config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  let hidden = value;
  for (const [layer, skip] of skips.toReversed().entries()) {
    const groups = skipUpGroups(type.hasAttention, imageShape(hidden).channels, imageShape(skip).channels);
    const resnet = skipResnetOptions(config, outChannels, groups);
    hidden = concat([hidden, skip], 1);
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(hidden, activatedTime, part, resnet));
  }
  if (type.hasAttention) {
    const options = skipAttentionOptions(config, outChannels);
    hidden = scope.within("attentions.0", (part) => attention(hidden, part, options));
  }
  const doubled = skipSample === undefined ? undefined : firUpsample2D(skipSample);
  if (isLast) return { value: hidden, skipSample: doubled };

  const addition = outputProjection(hidden, scope, {
    names: { norm: "skip_norm", convolution: "skip_conv" },
    outChannels: skipImageChannels,
    groups: quarterGroups(outChannels),
    epsilon: config.normEps,
  });
  const sampler: ResnetBlockOptions = {
    ...skipResnetOptions(config, outChannels, quarterGroups(outChannels)),
    resample: "fir_up",
    useInShortcut: true,
  };
  hidden = scope.within("resnet_up", (part) => resnetBlock(hidden, activatedTime, part, sampler));
  return { value: hidden, skipSample: doubled === undefined ? addition : add(doubled, addition) };
}

/**
 * Groups of the first norm of an up path's residual block, over `channels` of the image and `skipChannels` of the skip.
 * Blocks with attention use a quarter of the second only, as in diffusers and its checkpoints.
 */
function skipUpGroups(hasAttention: boolean, channels: number, skipChannels: number): number {
  return hasAttention
    ? Math.min(channels + Math.floor(skipChannels / 4), 32)
    : quarterGroups(channels + skipChannels);
}

/** Divisor of the sums in skip blocks, to preserve variance. */
const skipScaleFactor = Math.SQRT2;

/** Groups of the norm before a skip block's attention, regardless of the config. */
const skipAttentionGroups = 32;

/** Options of a skip block's residual blocks: `groups` are those of the first norm, over the input. */
function skipResnetOptions(
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

/** Options of a skip block's attention, for a number of channels. */
function skipAttentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    ...attentionOptions(config, channels),
    groups: skipAttentionGroups,
    outputScaleFactor: skipScaleFactor,
  };
}

/** The model's prediction plus the contribution of its skip up blocks. */
export function addSkipSample(prediction: Value, skipSample: Value): Value {
  return add(requireImageChannels("out_channels", prediction), skipSample);
}

function requireImageChannels(field: string, image: Value): Value {
  const { channels } = imageShape(image);
  if (channels === skipImageChannels) return image;
  throw new GraphError({
    subject: field,
    found: `${channels} for a model with skip blocks`,
    expected: `${skipImageChannels}`,
    remedy: "Skip blocks (SkipDownBlock2D, SkipUpBlock2D) are for images of three channels.",
  });
}
