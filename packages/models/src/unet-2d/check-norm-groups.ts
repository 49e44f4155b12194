import { InvalidConfigError } from "@onestep/core";
import { skipAttentionGroups } from "./block-context.ts";
import { type BlockType, downBlockTypes, findBlockType, upBlockTypes } from "./block-types.ts";
import { middleAttentionGroups } from "./mid-block.ts";
import { kGroups, normGroups, quarterGroups } from "./norm-groups.ts";
import { skipUpGroups } from "./skip-up-block.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** A norm of a model: how many channels it goes over, in how many groups, and who says so. */
interface Norm {
  readonly subject: string;
  readonly channels: number;
  readonly groups: number;
  readonly rule: string;
}

/**
 * Checks that the channels of every norm fall into its groups, for a configuration whose blocks are known.
 *
 * @throws InvalidConfigError where they do not, or the config names no groups where it has to.
 */
export function checkNormGroups(config: UNet2DModelConfigValues): void {
  requireGroups(config);
  for (const { subject, channels, groups, rule } of normsOf(config)) {
    if (groups >= 1 && channels % groups === 0) continue;
    throw new InvalidConfigError({
      subject: `UNet2DModel config: ${subject}`,
      found: `${channels} channels`,
      expected: `a multiple of ${rule}, ${groups}`,
      remedy: "Correct one of the two fields.",
    });
  }
}

function requireGroups({
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
  throw new InvalidConfigError({
    subject: "UNet2DModel config: norm_num_groups",
    found: `null for a ${needy[0]}`,
    expected: "a number of groups",
    remedy: "Set it; only blocks that have groups of their own (SkipDownBlock2D) go without.",
  });
}

function* normsOf(config: UNet2DModelConfigValues): Generator<Norm> {
  const { blockOutChannels: channels } = config;
  const last = channels.length - 1;
  const configured = "norm_num_groups";
  for (const [index, name] of config.downBlockTypes.entries()) {
    const type = findBlockType(downBlockTypes, name) as BlockType;
    yield* ownNorms(config, type, index);
    const before = Math.max(index - 1, 0);
    yield* [inputNorm(config, type, `block_out_channels[${before}]`, channels[before] as number)];
  }
  for (const [position, name] of config.upBlockTypes.entries()) {
    const type = findBlockType(upBlockTypes, name) as BlockType;
    yield* ownNorms(config, type, last - position);
    yield* upNorms(config, type, position);
  }
  const middle = channels[last] as number;
  const subject = `block_out_channels[${last}]`;
  if (config.midBlockType !== null) {
    const groups = normGroups(config, middle);
    yield { subject, channels: middle, groups, rule: configured };
    const attentionGroups = config.addAttention ? middleAttentionGroups(config, groups) : null;
    const rule = config.attnNormNumGroups === null ? configured : "attn_norm_num_groups";
    if (attentionGroups !== null) yield { subject, channels: middle, groups: attentionGroups, rule };
  }
  const first = channels[0] as number;
  yield {
    subject: "block_out_channels[0]",
    channels: first,
    groups: normGroups(config, first),
    rule: configured,
  };
}

/** Norms over the channels that a block makes. */
function* ownNorms(config: UNet2DModelConfigValues, type: BlockType, index: number): Generator<Norm> {
  const channels = config.blockOutChannels[index] as number;
  const subject = `block_out_channels[${index}]`;
  yield inputNorm(config, type, subject, channels);
  if (type.family === "skip" && type.hasAttention) {
    yield { subject, channels, groups: skipAttentionGroups, rule: "the groups of attention in skip blocks" };
  }
}

/** The first norm of a block on the way down, or one that goes over so many channels as a block makes. */
function inputNorm(
  config: UNet2DModelConfigValues,
  { family }: BlockType,
  subject: string,
  channels: number,
): Norm {
  switch (family) {
    case "plain":
      return { subject, channels, groups: normGroups(config, channels), rule: "norm_num_groups" };
    case "skip":
      return { subject, channels, groups: quarterGroups(channels), rule: "the groups of skip blocks" };
    case "k":
      return { subject, channels, groups: kGroups(channels), rule: "the groups of k blocks" };
  }
}

/** The first norms of the residual blocks on the way up, over the image and one from the way down. */
function* upNorms(config: UNet2DModelConfigValues, type: BlockType, position: number): Generator<Norm> {
  const channels = config.blockOutChannels.toReversed();
  const own = channels[position] as number;
  const next = channels[Math.min(position + 1, channels.length - 1)] as number;
  const subject = `up_block_types[${position}]`;
  if (type.family === "k") {
    yield inputNorm(config, type, subject, 2 * own);
    yield { subject, channels: next, groups: kGroups(own), rule: "the groups of k blocks" };
    return;
  }
  for (let layer = 0; layer <= config.layersPerBlock; layer += 1) {
    const image = layer === 0 ? (channels[Math.max(position - 1, 0)] as number) : own;
    const skip = layer === config.layersPerBlock ? next : own;
    const norm = inputNorm(config, type, subject, image + skip);
    yield type.family === "skip" ? { ...norm, groups: skipUpGroups(type.hasAttention, image, skip) } : norm;
  }
}
