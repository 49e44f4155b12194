import { InvalidConfigError, type Problem, UnsupportedError } from "@onestep/core";
import { downBlockTypes } from "./down-block.ts";
import { normGroups } from "./norm-groups.ts";
import { sampleSizeOf } from "./sample-size.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";
import { upBlockTypes } from "./up-block.ts";

/**
 * Checks that the fields of a configuration fit together and that every part of it is built here.
 *
 * @throws InvalidConfigError where fields contradict each other.
 * @throws UnsupportedError where a field asks for a part that is not built yet.
 */
export function checkUNet2DModelConfig(config: UNet2DModelConfigValues): void {
  checkLists(config);
  checkPositive(config);
  checkDivisibility(config);
  checkSampleSize(config);
  checkSupported(config);
}

function checkLists(config: UNet2DModelConfigValues): void {
  const { downBlockTypes: down, upBlockTypes: up, blockOutChannels } = config;
  if (blockOutChannels.length === 0) {
    throw contradiction({
      subject: "block_out_channels",
      found: "an empty list",
      expected: "the channels of at least one block",
      remedy: "Correct the file.",
    });
  }
  if (down.length !== up.length) {
    throw contradiction({
      subject: "Must provide the same number of `down_block_types` as `up_block_types`",
      found: `${down.length} (${down.join(", ")}) and ${up.length} (${up.join(", ")})`,
      expected: "two lists of one length",
      remedy: "Correct the file.",
    });
  }
  if (blockOutChannels.length !== down.length) {
    throw contradiction({
      subject: "Must provide the same number of `block_out_channels` as `down_block_types`",
      found: `${blockOutChannels.length} (${blockOutChannels.join(", ")}) and ${down.length} (${down.join(", ")})`,
      expected: "two lists of one length",
      remedy: "Correct the file.",
    });
  }
}

function checkPositive(config: UNet2DModelConfigValues): void {
  const counts: Record<string, number | null> = {
    in_channels: config.inChannels,
    out_channels: config.outChannels,
    layers_per_block: config.layersPerBlock,
    attention_head_dim: config.attentionHeadDim,
    norm_num_groups: config.normNumGroups,
    attn_norm_num_groups: config.attnNormNumGroups,
    num_class_embeds: config.numClassEmbeds,
    time_embedding_dim: config.timeEmbeddingDim,
    mid_block_scale_factor: config.midBlockScaleFactor,
    norm_eps: config.normEps,
  };
  config.blockOutChannels.forEach((channels, index) => {
    counts[`block_out_channels[${index}]`] = channels;
  });
  for (const [subject, value] of Object.entries(counts)) {
    if (value === null || (value > 0 && Number.isFinite(value))) continue;
    throw contradiction({
      subject,
      found: `${value}`,
      expected: "a number above 0",
      remedy: "Correct the file.",
    });
  }
}

function checkDivisibility(config: UNet2DModelConfigValues): void {
  config.blockOutChannels.forEach((channels, index) => {
    const subject = `block_out_channels[${index}]`;
    requireDivisible(subject, channels, "norm_num_groups", normGroups(config, channels));
    if (hasAttention(config, index)) {
      requireDivisible(subject, channels, "attention_head_dim", config.attentionHeadDim ?? channels);
    }
  });
  const last = config.blockOutChannels.length - 1;
  const middle = config.blockOutChannels[last] as number;
  if (config.attnNormNumGroups !== null && config.addAttention) {
    requireDivisible(`block_out_channels[${last}]`, middle, "attn_norm_num_groups", config.attnNormNumGroups);
  }
  if (config.timeEmbeddingType === "positional") {
    requireDivisible(
      "block_out_channels[0]",
      config.blockOutChannels[0] as number,
      "two (sine and cosine)",
      2,
    );
  }
}

function hasAttention(config: UNet2DModelConfigValues, index: number): boolean {
  const last = config.blockOutChannels.length - 1;
  const isMiddle = index === last && config.midBlockType !== null && config.addAttention;
  const types = [config.downBlockTypes[index], config.upBlockTypes[last - index]];
  return isMiddle || types.some((type) => type?.startsWith("Attn") === true);
}

function requireDivisible(subject: string, value: number, divisorName: string, divisor: number): void {
  if (value % divisor === 0) return;
  throw contradiction({
    subject,
    found: `${value} channels`,
    expected: `a multiple of ${divisorName}, ${divisor}`,
    remedy: "Correct one of the two fields.",
  });
}

function checkSampleSize(config: UNet2DModelConfigValues): void {
  const { height, width } = sampleSizeOf(config);
  const factor = 2 ** (config.blockOutChannels.length - 1);
  if (height % factor === 0 && width % factor === 0) return;
  throw contradiction({
    subject: "sample_size",
    found: `${height}×${width}`,
    expected: `multiples of ${factor}, since ${config.blockOutChannels.length - 1} blocks halve the image`,
    remedy: "Correct sample_size or the list of blocks.",
  });
}

function checkSupported(config: UNet2DModelConfigValues): void {
  for (const type of config.downBlockTypes)
    requireKnown("down_block_types", type, Object.keys(downBlockTypes));
  for (const type of config.upBlockTypes) requireKnown("up_block_types", type, Object.keys(upBlockTypes));
  requireKnown("mid_block_type", config.midBlockType, ["UNetMidBlock2D", null]);
  requireKnown("time_embedding_type", config.timeEmbeddingType, ["positional"]);
  requireKnown("resnet_time_scale_shift", config.resnetTimeScaleShift, ["default", "scale_shift"]);
  requireKnown("act_fn", config.actFn, ["silu", "swish"]);
  requireKnown("class_embed_type", config.classEmbedType, [null]);
  requireKnown("downsample_type", config.downsampleType, ["resnet"]);
  requireKnown("upsample_type", config.upsampleType, ["resnet"]);
}

function requireKnown(subject: string, value: string | null, known: readonly (string | null)[]): void {
  if (known.includes(value)) return;
  throw new UnsupportedError({
    subject: `UNet2DModel config: ${subject}`,
    found: `${value}`,
    expected: known.map((item) => `${item}`).join(" or "),
    remedy:
      "This kind of model is not built yet; a consistency model (openai/diffusers-cd_imagenet64_l2) is.",
  });
}

function contradiction(problem: Problem): InvalidConfigError {
  return new InvalidConfigError({ ...problem, subject: `UNet2DModel config: ${problem.subject}` });
}
