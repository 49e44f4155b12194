import { concat, type Scope, type Value } from "@onestep/graph";
import { type AttentionOptions, attention } from "../layers/attention.ts";
import { downsample2D, upsample2D } from "../layers/resampling.ts";
import { type ResnetBlockOptions, resnetBlock } from "../layers/resnet-block.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** The properties of a kind of block. */
export interface BlockType {
  /**
   * How the block is made. `plain`: residual blocks over the image. `skip`: with a second, smaller image, as in
   * NCSN++. `k`: norms scaled and shifted by the timestep, as in k-diffusion.
   */
  readonly family: "plain" | "skip" | "k";
  readonly hasAttention: boolean;
  /** How the block resamples. `configured`: by `downsample_type` or `upsample_type`. */
  readonly sampler: "conv" | "resnet" | "configured" | "fir" | "k";
}

const plain: BlockType = { family: "plain", hasAttention: false, sampler: "conv" };
const withResnet: BlockType = { family: "plain", hasAttention: false, sampler: "resnet" };
const withAttention: BlockType = { family: "plain", hasAttention: true, sampler: "configured" };
const skip: BlockType = { family: "skip", hasAttention: false, sampler: "fir" };
const skipWithAttention: BlockType = { family: "skip", hasAttention: true, sampler: "fir" };
const k: BlockType = { family: "k", hasAttention: false, sampler: "k" };

/** The kinds of blocks on the way down, by diffusers' names (`get_down_block` in `unets/unet_2d_blocks.py`). */
export const downBlockTypes: Readonly<Record<string, BlockType>> = {
  DownBlock2D: plain,
  ResnetDownsampleBlock2D: withResnet,
  AttnDownBlock2D: withAttention,
  SkipDownBlock2D: skip,
  AttnSkipDownBlock2D: skipWithAttention,
  KDownBlock2D: k,
};

/** The kinds of blocks on the way up, by diffusers' names (`get_up_block` in `unets/unet_2d_blocks.py`). */
export const upBlockTypes: Readonly<Record<string, BlockType>> = {
  UpBlock2D: plain,
  ResnetUpsampleBlock2D: withResnet,
  AttnUpBlock2D: withAttention,
  SkipUpBlock2D: skip,
  AttnSkipUpBlock2D: skipWithAttention,
  KUpBlock2D: k,
};

/** Prefix of block names in old configs; diffusers strips it. */
const formerPrefix = "UNetRes";

/** The kind a config names; `undefined` if unsupported. */
export function findBlockType(
  types: Readonly<Record<string, BlockType>>,
  name: string,
): BlockType | undefined {
  const current = name.startsWith(formerPrefix) ? name.slice(formerPrefix.length) : name;
  return Object.hasOwn(types, current) ? types[current] : undefined;
}

/** Shared by all blocks of a model. */
export interface BlockContext {
  readonly config: UNet2DModelConfigValues;
  /** The time embedding, [batch, width]. */
  readonly time: Value;
  /** The time embedding after the activation of the residual blocks, [batch, width]. */
  readonly activatedTime: Value;
}

/** The properties of one block of a model. */
export interface BlockOptions {
  readonly type: BlockType;
  readonly outChannels: number;
  /** Whether it is the last block of its path, which does not resample. */
  readonly isLast: boolean;
}

/** Options of a plain block's residual blocks, for a number of channels. */
export function resnetOptions(config: UNet2DModelConfigValues, outChannels: number): ResnetBlockOptions {
  return {
    outChannels,
    groups: normGroups(config, outChannels),
    epsilon: config.normEps,
    activation: config.actFn,
    timeScaleShift: config.resnetTimeScaleShift === "scale_shift" ? "scale_shift" : "default",
  };
}

/** Options of a plain block's attention, for a number of channels. */
export function attentionOptions(config: UNet2DModelConfigValues, channels: number): AttentionOptions {
  return {
    headDimension: config.attentionHeadDim ?? channels,
    groups: normGroups(config, channels),
    epsilon: config.normEps,
  };
}

/** Groups of a norm for a number of channels: `norm_num_groups`, or {@link quarterGroups} if null. */
export function normGroups(config: Pick<UNet2DModelConfigValues, "normNumGroups">, channels: number): number {
  return config.normNumGroups ?? quarterGroups(channels);
}

/** A quarter of the channels, at most 32: the groups of skip block norms, regardless of the config. */
export function quarterGroups(channels: number): number {
  return Math.min(Math.floor(channels / 4), 32);
}

/** One down block: its output, and every skip for the up blocks. */
export interface DownBlockResult {
  readonly value: Value;
  readonly skips: readonly Value[];
}

/**
 * Residual blocks, each followed by attention if the kind has it, then downsampling unless `isLast`;
 * diffusers' `DownBlock2D`, `ResnetDownsampleBlock2D`, `AttnDownBlock2D`.
 */
export function downBlock(
  context: BlockContext,
  value: Value,
  scope: Scope,
  options: BlockOptions,
): DownBlockResult {
  const { config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const resnet = resnetOptions(config, outChannels);
  const skips: Value[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(hidden, activatedTime, part, resnet));
    if (type.hasAttention) {
      const head = attentionOptions(config, outChannels);
      hidden = scope.within(`attentions.${layer}`, (part) => attention(hidden, part, head));
    }
    skips.push(hidden);
  }
  if (isLast) return { value: hidden, skips };
  const usesResnet = (type.sampler === "configured" ? config.downsampleType : type.sampler) === "resnet";
  hidden = scope.within("downsamplers.0", (sampler) =>
    usesResnet
      ? resnetBlock(hidden, activatedTime, sampler, { ...resnet, resample: "down" })
      : downsample2D(hidden, sampler, config.downsamplePadding),
  );
  return { value: hidden, skips: [...skips, hidden] };
}

/**
 * Residual blocks over the image and one skip each, each followed by attention if the kind has it, then upsampling
 * unless `isLast`; diffusers' `UpBlock2D`, `ResnetUpsampleBlock2D`, `AttnUpBlock2D`.
 *
 * @param skips - One skip per layer, in the order produced; the last one is used first.
 */
export function upBlock(
  context: BlockContext,
  value: Value,
  skips: readonly Value[],
  scope: Scope,
  options: BlockOptions,
): Value {
  const { config, activatedTime } = context;
  const { type, outChannels, isLast } = options;
  const resnet = resnetOptions(config, outChannels);
  let hidden = value;
  for (const [layer, skip] of skips.toReversed().entries()) {
    hidden = concat([hidden, skip], 1);
    hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(hidden, activatedTime, part, resnet));
    if (type.hasAttention) {
      const head = attentionOptions(config, outChannels);
      hidden = scope.within(`attentions.${layer}`, (part) => attention(hidden, part, head));
    }
  }
  if (isLast) return hidden;
  const usesResnet = (type.sampler === "configured" ? config.upsampleType : type.sampler) === "resnet";
  return scope.within("upsamplers.0", (sampler) =>
    usesResnet
      ? resnetBlock(hidden, activatedTime, sampler, { ...resnet, resample: "up" })
      : upsample2D(hidden, sampler),
  );
}

/** A residual block, attention unless the configuration has none, a residual block; diffusers' `UNetMidBlock2D`. */
export function midBlock(context: BlockContext, value: Value, scope: Scope): Value {
  const { config, activatedTime } = context;
  const channels = config.blockOutChannels.at(-1) as number;
  const outputScaleFactor = config.midBlockScaleFactor;
  const resnet = { ...resnetOptions(config, channels), outputScaleFactor };
  let hidden = scope.within("resnets.0", (part) => resnetBlock(value, activatedTime, part, resnet));
  if (config.addAttention) {
    const groups = middleAttentionGroups(config, resnet.groups);
    const options = { ...attentionOptions(config, channels), groups, outputScaleFactor };
    hidden = scope.within("attentions.0", (part) => attention(hidden, part, options));
  }
  return scope.within("resnets.1", (part) => resnetBlock(hidden, activatedTime, part, resnet));
}

/**
 * Groups of the norm before the middle attention. Without `attn_norm_num_groups`, models with scale and shift have no
 * such norm: checkpoints from before September 2023 were made this way, and diffusers runs them this way.
 */
function middleAttentionGroups(config: UNet2DModelConfigValues, resnetGroups: number): number | null {
  if (config.attnNormNumGroups !== null) return config.attnNormNumGroups;
  return config.resnetTimeScaleShift === "default" ? resnetGroups : null;
}
