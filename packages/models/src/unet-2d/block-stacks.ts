import type { GraphValue } from "../graph/graph-value.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import type { BlockContext, BlockOptions } from "./block-context.ts";
import { type BlockType, downBlockTypes, findBlockType, upBlockTypes } from "./block-types.ts";
import { type DownBlockResult, downBlock } from "./down-block.ts";
import { kDownBlock } from "./k-down-block.ts";
import { kUpBlock } from "./k-up-block.ts";
import { skipDownBlock } from "./skip-down-block.ts";
import { skipUpBlock } from "./skip-up-block.ts";
import { upBlock } from "./up-block.ts";

/**
 * All blocks on the way down.
 *
 * @param sample - The input of the model, which skip blocks see again.
 * @param entry - The image that goes into the first block.
 * @returns The image at the bottom, and those for the way up, `entry` first.
 */
export function descend(
  context: BlockContext,
  sample: GraphValue,
  entry: GraphValue,
  scope: WeightScope,
): DownBlockResult {
  const { downBlockTypes: types, blockOutChannels } = context.config;
  const skips = [entry];
  let value = entry;
  let skipSample = sample;
  for (const [index, outChannels] of blockOutChannels.entries()) {
    const type = findBlockType(downBlockTypes, types[index] as string) as BlockType;
    const options = { type, outChannels, isLast: index === blockOutChannels.length - 1 };
    const blockScope = scope.child(`down_blocks.${index}`);
    let result: DownBlockResult;
    if (type.family === "skip") {
      const skipResult = skipDownBlock(context, value, skipSample, blockScope, options);
      skipSample = skipResult.skipSample;
      result = skipResult;
    } else {
      const build = type.family === "k" ? kDownBlock : downBlock;
      result = build(context, value, blockScope, options);
    }
    value = result.value;
    skips.push(...result.skips);
  }
  return { value, skips };
}

/** What the way up makes. */
export interface AscendResult {
  readonly value: GraphValue;
  /** What skip blocks add to the output of the model; `undefined` where none does. */
  readonly skipSample: GraphValue | undefined;
}

/** All blocks on the way up, over the images of {@link descend}, which are used from the last to the first. */
export function ascend(
  context: BlockContext,
  middle: GraphValue,
  skips: readonly GraphValue[],
  scope: WeightScope,
): AscendResult {
  const { upBlockTypes: types, blockOutChannels, layersPerBlock } = context.config;
  const channels = blockOutChannels.toReversed();
  let remaining = skips;
  let value = middle;
  let skipSample: GraphValue | undefined;
  for (const [index, outChannels] of channels.entries()) {
    const type = findBlockType(upBlockTypes, types[index] as string) as BlockType;
    const options: BlockOptions = { type, outChannels, isLast: index === channels.length - 1 };
    const blockScope = scope.child(`up_blocks.${index}`);
    const count = type.family === "k" ? layersPerBlock : layersPerBlock + 1;
    const own = remaining.slice(-count);
    remaining = remaining.slice(0, -count);
    if (type.family === "skip") {
      ({ value, skipSample } = skipUpBlock(context, value, own, skipSample, blockScope, options));
    } else if (type.family === "k") {
      const nextChannels = channels[index + 1] ?? outChannels;
      value = kUpBlock(context, value, own.at(-1) as GraphValue, blockScope, { ...options, nextChannels });
    } else {
      value = upBlock(context, value, own, blockScope, options);
    }
  }
  return { value, skipSample };
}
