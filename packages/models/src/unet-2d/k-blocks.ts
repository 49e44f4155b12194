import { concat, imageShape, type Scope, type Value } from "@onestep/graph";
import { kDownsample2D, kUpsample2D } from "../layers/resampling.ts";
import { type ResnetBlockCondNormOptions, resnetBlockCondNorm } from "../layers/resnet-block.ts";
import type { BlockContext, BlockOptions, DownBlockResult } from "./blocks.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * Residual blocks with norms scaled and shifted by the timestep, then filtered downsampling unless `isLast`; diffusers'
 * `KDownBlock2D`. The downsampled image is not a skip.
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
 * Residual blocks with norms scaled and shifted by the timestep, the first over the image and `skip`, then filtered
 * upsampling unless `isLast`; diffusers' `KUpBlock2D`.
 *
 * @param skip - The last image of the corresponding down block.
 * @param nextChannels - Channels of the next block: the output of the last residual block.
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

/** @param channels - Channels of the second norm, regardless of the block's output. */
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

/** Groups of a norm in a k block, 32 channels each. */
function kGroups(channels: number): number {
  return Math.floor(channels / 32);
}
