import { InvalidConfigError, type Problem, UnsupportedError } from "@onestep/core";
import { downBlockTypes, findBlockType, upBlockTypes } from "./blocks.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";
import { leastSizeOf, sampleSizeOf, sizeFactorOf } from "./unet-2d-model-config.ts";

/** Maximum layers of the down or up path (published models have 12), so that a malicious config cannot exhaust memory. */
const maximumLayers = 1000;

/**
 * Checks constraints not expressed by the graph's shapes, and that every part is supported.
 *
 * @throws InvalidConfigError if fields contradict each other.
 * @throws UnsupportedError if a field needs an unsupported part; diffusers does not run it either.
 */
export function checkUNet2DModelConfig(config: UNet2DModelConfigValues): void {
  checkLists(config);
  checkPositive(config);
  checkDepth(config);
  checkSupported(config);
  checkGroups(config);
  checkTimeEmbedding(config);
  checkSampleSize(config);
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

function checkDepth({ layersPerBlock, blockOutChannels }: UNet2DModelConfigValues): void {
  const layers = layersPerBlock * blockOutChannels.length;
  if (layers <= maximumLayers) return;
  throw contradiction({
    subject: "layers_per_block",
    found: `${layersPerBlock} in each of ${blockOutChannels.length} blocks`,
    expected: `at most ${maximumLayers} layers in all`,
    remedy: "Correct the file.",
  });
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

function checkGroups({
  normNumGroups,
  downBlockTypes: down,
  upBlockTypes: up,
}: UNet2DModelConfigValues): void {
  const types = [
    ...down.map((name) => [name, findBlockType(downBlockTypes, name)] as const),
    ...up.map((name) => [name, findBlockType(upBlockTypes, name)] as const),
  ];
  const needy = types.find(([, type]) => type?.family === "plain");
  if (normNumGroups !== null || needy === undefined) return;
  throw contradiction({
    subject: "norm_num_groups",
    found: `null for a ${needy[0]}`,
    expected: "a number of groups",
    remedy: "Set it; only blocks that have groups of their own (SkipDownBlock2D) go without.",
  });
}

function checkTimeEmbedding(config: UNet2DModelConfigValues): void {
  const { timeEmbeddingType, numTrainTimesteps, freqShift } = config;
  if (timeEmbeddingType === "learned" && !(numTrainTimesteps !== null && numTrainTimesteps > 0)) {
    throw contradiction({
      subject: "num_train_timesteps",
      found: `${numTrainTimesteps} for a learned time embedding`,
      expected: "the number of timesteps that were learned",
      remedy: "Correct the file.",
    });
  }
  const frequencies = Math.floor((config.blockOutChannels[0] as number) / 2);
  if (timeEmbeddingType === "positional" && frequencies > 0 && freqShift === frequencies) {
    throw contradiction({
      subject: "freq_shift",
      found: `${freqShift} for ${frequencies} frequencies`,
      expected: "another number than that of the frequencies, half of block_out_channels[0]",
      remedy: "Correct one of the two fields: their difference is divided by.",
    });
  }
}

function checkSampleSize(config: UNet2DModelConfigValues): void {
  const { height, width } = sampleSizeOf(config);
  const halvings = config.blockOutChannels.length - 1;
  const factor = sizeFactorOf(config);
  if (height % factor !== 0 || width % factor !== 0) {
    throw contradiction({
      subject: "sample_size",
      found: `${height}×${width}`,
      expected: `multiples of ${factor}, since ${halvings} blocks halve the image`,
      remedy: "Correct sample_size or the list of blocks.",
    });
  }
  if (Math.min(height, width) >= leastSizeOf(config)) return;
  throw contradiction({
    subject: "sample_size",
    found: `${height}×${width}`,
    expected: `more than ${factor} in both directions, since k blocks mirror the image at its edges`,
    remedy: "Correct sample_size or the list of blocks.",
  });
}

function checkSupported(config: UNet2DModelConfigValues): void {
  for (const [subject, names, types] of [
    ["down_block_types", config.downBlockTypes, downBlockTypes],
    ["up_block_types", config.upBlockTypes, upBlockTypes],
  ] as const) {
    const unknown = names.find((name) => findBlockType(types, name) === undefined);
    if (unknown !== undefined) throw unsupported(subject, unknown, Object.keys(types));
  }
  if (config.resnetTimeScaleShift === "spatial") {
    throw unsupported("resnet_time_scale_shift", "spatial", ["default", "scale_shift"]);
  }
}

function unsupported(subject: string, found: string, known: readonly string[]): UnsupportedError {
  return new UnsupportedError({
    subject: `UNet2DModel config: ${subject}`,
    found,
    expected: `one of ${known.join(", ")}`,
    remedy:
      "No other kind runs in a UNet2DModel, in diffusers either; the file may be of another model class.",
  });
}

function contradiction(problem: Problem): InvalidConfigError {
  return new InvalidConfigError({ ...problem, subject: `UNet2DModel config: ${problem.subject}` });
}
