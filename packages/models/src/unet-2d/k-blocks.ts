import { concat, imageShape, type Scope, type Value } from "@onestep/graph";
import { kDownsample2D, kUpsample2D } from "../layers/resampling.ts";
import { type ResnetBlockCondNormOptions, resnetBlockCondNorm } from "../layers/resnet-block.ts";
import type { BlockContext, BlockOptions, DownBlockResult } from "./blocks.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * Residual blocks with norms that the timestep scales and shifts, then a halving of the image through a filter unless
 * `isLast`; diffusers' `KDownBlock2D`. The halved image is not among those for the way up.
 */
export function kDownBlock(
  context: BlockContext,
  value: Value,
  scope: Scope,
  options: BlockOptions,
): DownBlockResult {
  const { config, time } = context;
  const { outChannels, isLast } = options;
  const skips: Value[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    const resnet = kResnetOptions(config, imageShape(hidden).channels, outChannels, outChannels);
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlockCondNorm(hidden, time, part, resnet));
    skips.push(hidden);
  }
  return { value: isLast ? hidden : kDownsample2D(hidden), skips };
}

/**
 * Residual blocks with norms that the timestep scales and shifts, the first over the image and the last one from the way
 * down, then a doubling of the image through a filter unless `isLast`; diffusers' `KUpBlock2D`.
 *
 * @param skip - The last image of the block's counterpart on the way down.
 * @param nextChannels - Channels of the block above, which the last residual block makes.
 */
export function kUpBlock(
  context: BlockContext,
  value: Value,
  skip: Value,
  scope: Scope,
  options: BlockOptions & { readonly nextChannels: number },
): Value {
  const { config, time } = context;
  const { outChannels, nextChannels, isLast } = options;
  let hidden = concat([value, skip], 1);
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    const isLastLayer = layer === config.layersPerBlock - 1;
    const made = isLastLayer ? nextChannels : outChannels;
    const resnet = kResnetOptions(config, imageShape(hidden).channels, outChannels, made);
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlockCondNorm(hidden, time, part, resnet));
  }
  return isLast ? hidden : kUpsample2D(hidden);
}

/** @param channels - Of the second norm, whatever the block makes. */
function kResnetOptions(
  config: UNet2DModelConfigValues,
  inChannels: number,
  channels: number,
  outChannels: number,
): ResnetBlockCondNormOptions {
  return {
    outChannels,
    groups: kGroups(inChannels),
    groupsOut: kGroups(channels),
    epsilon: config.normEps,
    activation: config.actFn,
  };
}

/** Groups of a norm in a k block: of 32 channels each. */
function kGroups(channels: number): number {
  return Math.floor(channels / 32);
}
