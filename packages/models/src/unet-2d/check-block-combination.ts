import { InvalidConfigError, type Problem } from "@onestep/core";
import { type BlockType, downBlockTypes, findBlockType, upBlockTypes } from "./block-types.ts";
import { skipImageChannels } from "./skip-up-block.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * Checks that the blocks of a configuration fit to each other, where all of them are known: what skip blocks pass on has
 * to reach the next one at its size, and each block on the way up has to find the images that it takes.
 *
 * @throws InvalidConfigError where they do not. (diffusers makes such a model, and fails when it runs.)
 */
export function checkBlockCombination(config: UNet2DModelConfigValues): void {
  const down = config.downBlockTypes.map((name) => findBlockType(downBlockTypes, name) as BlockType);
  const up = config.upBlockTypes.map((name) => findBlockType(upBlockTypes, name) as BlockType);
  checkSkipDown(config, down);
  checkSkipUp(config, up);
  checkPassedOn(config, down, up);
  checkDownsamplePadding(config, down);
}

function checkSkipDown(
  { downBlockTypes: names, inChannels }: UNet2DModelConfigValues,
  down: readonly BlockType[],
): void {
  const halving = down.slice(0, -1).map(({ family }) => family === "skip");
  if (!halving.includes(true)) return;
  requireImageChannels("in_channels", inChannels);
  if (halving.lastIndexOf(true) === halving.filter(Boolean).length - 1) return;
  throw contradiction({
    subject: "down_block_types",
    found: names.join(", "),
    expected: "skip blocks before all others",
    remedy: "A block in between halves the image, and not the input that skip blocks add to it.",
  });
}

function checkSkipUp(
  { upBlockTypes: names, outChannels }: UNet2DModelConfigValues,
  up: readonly BlockType[],
): void {
  const first = up.slice(0, -1).findIndex(({ family }) => family === "skip");
  if (first === -1) return;
  requireImageChannels("out_channels", outChannels);
  if (up.slice(first).every(({ family }) => family === "skip")) return;
  throw contradiction({
    subject: "up_block_types",
    found: names.join(", "),
    expected: "skip blocks after all others",
    remedy: "A block in between doubles the image, and not the output that skip blocks add to.",
  });
}

function requireImageChannels(subject: string, channels: number): void {
  if (channels === skipImageChannels) return;
  throw contradiction({
    subject,
    found: `${channels} for a model with skip blocks`,
    expected: `${skipImageChannels}`,
    remedy: "Skip blocks (SkipDownBlock2D, SkipUpBlock2D) are for images of three channels.",
  });
}

/** An image from the way down: how many channels it has, and how often it was halved. */
interface PassedOn {
  readonly channels: number;
  readonly halvings: number;
}

function checkPassedOn(
  config: UNet2DModelConfigValues,
  down: readonly BlockType[],
  up: readonly BlockType[],
): void {
  const { blockOutChannels, layersPerBlock } = config;
  let remaining = listPassedOn(config, down);
  let current = blockOutChannels.at(-1) as number;
  for (const [position, { family }] of up.entries()) {
    const halvings = up.length - 1 - position;
    const channels = blockOutChannels[halvings] as number;
    const above = blockOutChannels[Math.max(halvings - 1, 0)] as number;
    const count = family === "k" ? layersPerBlock : layersPerBlock + 1;
    const own = remaining.slice(-count);
    remaining = remaining.slice(0, -count);
    const taken = family === "k" ? own.slice(-1) : own.toReversed();
    const fits = taken.every(
      (image, layer) =>
        image.halvings === halvings && image.channels === (layer === layersPerBlock ? above : channels),
    );
    const below = family === "k" ? channels : (blockOutChannels[halvings + 1] ?? channels);
    const isComplete = taken.length === (family === "k" ? 1 : count) && current === below;
    current = family === "k" ? above : channels;
    if (fits && isComplete) continue;
    throw contradiction({
      subject: "down_block_types and up_block_types",
      found: `${config.downBlockTypes.join(", ")} and ${config.upBlockTypes.join(", ")}`,
      expected: `blocks that pass on to ${config.upBlockTypes[position]} what it takes`,
      remedy:
        "Use k blocks (KDownBlock2D, KUpBlock2D) in both lists or in none: they pass on one image less.",
    });
  }
}

function listPassedOn(
  { blockOutChannels, layersPerBlock }: UNet2DModelConfigValues,
  down: readonly BlockType[],
): readonly PassedOn[] {
  const images: PassedOn[] = [{ channels: blockOutChannels[0] as number, halvings: 0 }];
  for (const [halvings, { family }] of down.entries()) {
    const channels = blockOutChannels[halvings] as number;
    for (let layer = 0; layer < layersPerBlock; layer += 1) images.push({ channels, halvings });
    const isLast = halvings === down.length - 1;
    if (family !== "k" && !isLast) images.push({ channels, halvings: halvings + 1 });
  }
  return images;
}

function checkDownsamplePadding(config: UNet2DModelConfigValues, down: readonly BlockType[]): void {
  const { downsamplePadding, downsampleType } = config;
  const isUsed = down
    .slice(0, -1)
    .some(({ sampler }) => sampler === "conv" || (sampler === "configured" && downsampleType !== "resnet"));
  if (!isUsed || downsamplePadding === 0 || downsamplePadding === 1) return;
  throw contradiction({
    subject: "downsample_padding",
    found: `${downsamplePadding}`,
    expected: "0 or 1",
    remedy: "With another padding the convolutions do not halve the image.",
  });
}

function contradiction(problem: Problem): InvalidConfigError {
  return new InvalidConfigError({ ...problem, subject: `UNet2DModel config: ${problem.subject}` });
}
