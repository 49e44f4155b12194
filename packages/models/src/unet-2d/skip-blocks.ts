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

/** What a skip block on the way down makes. */
export interface SkipDownBlockResult extends DownBlockResult {
  /** The input of the model, at the size of `value`. */
  readonly skipSample: Value;
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

/** What a skip block on the way up makes. */
export interface SkipUpBlockResult {
  readonly value: Value;
  /** The output so far, at the size that `value` had before it was doubled; `undefined` where there is none yet. */
  readonly skipSample: Value | undefined;
}

/** Channels of the images beside skip blocks: diffusers has no others. */
const skipImageChannels = 3;

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
 * Groups of the first norm of a residual block on the way up, over `channels` of the image and `skipChannels` from the
 * way down. Blocks with attention take the quarter of the second only: diffusers has it so, and checkpoints with it.
 */
function skipUpGroups(hasAttention: boolean, channels: number, skipChannels: number): number {
  return hasAttention
    ? Math.min(channels + Math.floor(skipChannels / 4), 32)
    : quarterGroups(channels + skipChannels);
}

/** The sums in skip blocks are divided by this, so that their variance stays. */
const skipScaleFactor = Math.SQRT2;

/** Groups of the norm before the attention of a skip block, whatever the config says. */
const skipAttentionGroups = 32;

/** Options of the residual blocks of a skip block: `groups` are those of the first norm, over what goes in. */
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

/** Options of the attention of a skip block with so many channels. */
function skipAttentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    ...attentionOptions(config, channels),
    groups: skipAttentionGroups,
    outputScaleFactor: skipScaleFactor,
  };
}

/** The prediction of a model with what its skip blocks on the way up add to it. */
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
