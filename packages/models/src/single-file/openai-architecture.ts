import { InvalidConfigError, UnsupportedError } from "@onestep/core";
import type { CheckpointTensor } from "../checkpoint/checkpoint.ts";

/** A level of the down and up paths, at one image size. */
export interface OpenaiLevel {
  readonly channels: number;
  readonly hasAttention: boolean;
}

/** The architecture inferred from the arrays of an original checkpoint. */
export interface OpenaiArchitecture {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly baseChannels: number;
  readonly timeEmbeddingDim: number;
  /** `null` without labels. */
  readonly numClasses: number | null;
  /** From the largest image to the smallest. */
  readonly levels: readonly OpenaiLevel[];
  /** Residual blocks per level of the down path. */
  readonly layersPerLevel: number;
  /** Whether the timestep scales and shifts the norms (`use_scale_shift_norm`) or is added. */
  readonly scalesAndShifts: boolean;
  /** Whether residual blocks (`resblock_updown`) or convolutions resample the image. */
  readonly resamplesByBlocks: boolean;
}

type Tensors = ReadonlyMap<string, CheckpointTensor>;

/**
 * Reads the architecture of a network of openai/consistency_models from the names and shapes of its arrays
 * (`cm/unet.py`, class `UNetModel`).
 *
 * Each level has as many input blocks as output blocks; the last output block of every level but the last also upsamples,
 * and its arrays for that mark the end of a level.
 *
 * @param subject - The file, for messages.
 * @throws InvalidConfigError if the arrays do not form such a network.
 * @throws UnsupportedError if the network predicts a variance, as in guided-diffusion.
 */
export function readOpenaiArchitecture(subject: string, tensors: Tensors): OpenaiArchitecture {
  const shapeOf = (name: string, rank: number): readonly number[] => {
    const shape = tensors.get(name)?.shape;
    if (shape?.length === rank) return shape;
    if (tensors.has("conv_in.weight") && !tensors.has("input_blocks.0.0.weight")) throw ofDiffusers(subject);
    throw notOpenai(subject, shape === undefined ? `no array ${name}` : `${name} of the shape [${shape}]`);
  };
  const [baseChannels = 0, inChannels = 0] = shapeOf("input_blocks.0.0.weight", 4);
  const [outChannels = 0] = shapeOf("out.2.weight", 4);
  const [timeEmbeddingDim = 0] = shapeOf("time_embed.0.weight", 2);
  if (outChannels !== inChannels) throw predictsVariance(subject, inChannels, outChannels);
  const inputBlocks = countBlocks(tensors, "input_blocks");
  const outputBlocks = countBlocks(tensors, "output_blocks");
  const upsamplers = findUpsamplers(tensors, outputBlocks);
  const levelCount = upsamplers.length + 1;
  const blocksPerLevel = outputBlocks / levelCount;
  const isRegular = upsamplers.every((block, index) => block === (index + 1) * blocksPerLevel - 1);
  if (inputBlocks !== outputBlocks || blocksPerLevel < 2 || !isRegular) {
    throw notOpenai(
      subject,
      `${inputBlocks} input blocks and ${outputBlocks} output blocks, of which ${upsamplers.length} double the image`,
    );
  }
  const layersPerLevel = blocksPerLevel - 1;
  const levels = Array.from({ length: levelCount }, (_, level) => {
    const first = 1 + level * blocksPerLevel;
    const blocks = Array.from({ length: layersPerLevel }, (_value, layer) => `input_blocks.${first + layer}`);
    const attention = blocks.filter((block) => tensors.has(`${block}.1.qkv.weight`));
    if (attention.length !== 0 && attention.length !== blocks.length) {
      throw notOpenai(subject, `attention in ${attention.join(", ")} and not in all of ${blocks.join(", ")}`);
    }
    const [channels = 0] = shapeOf(`${blocks[layersPerLevel - 1]}.0.in_layers.2.weight`, 4);
    return { channels, hasAttention: attention.length > 0 };
  });
  const [firstChannels = 0] = shapeOf("input_blocks.1.0.in_layers.2.weight", 4);
  const [projected = 0] = shapeOf("input_blocks.1.0.emb_layers.1.weight", 2);
  return {
    inChannels,
    outChannels,
    baseChannels,
    timeEmbeddingDim,
    numClasses: tensors.has("label_emb.weight") ? (shapeOf("label_emb.weight", 2)[0] ?? 0) : null,
    levels,
    layersPerLevel,
    scalesAndShifts: projected === 2 * firstChannels,
    resamplesByBlocks: !upsamplers.some((block) => upsamplerOf(tensors, block)?.kind === "conv"),
  };
}

/** Index of an output block's upsampling part, after the attention if there is one. */
export function upsamplerOf(
  tensors: Tensors,
  block: number,
): { readonly place: string; readonly kind: "resnet" | "conv" } | undefined {
  for (const part of [1, 2]) {
    const place = `output_blocks.${block}.${part}`;
    if (tensors.has(`${place}.in_layers.2.weight`)) return { place, kind: "resnet" };
    if (tensors.has(`${place}.conv.weight`)) return { place, kind: "conv" };
  }
  return undefined;
}

function findUpsamplers(tensors: Tensors, outputBlocks: number): readonly number[] {
  return Array.from({ length: outputBlocks }, (_, block) => block).filter(
    (block) => upsamplerOf(tensors, block) !== undefined,
  );
}

/** Number of consecutively numbered blocks, from 0. */
function countBlocks(tensors: Tensors, list: string): number {
  const numbers = new Set<string | undefined>();
  for (const name of tensors.keys()) {
    if (name.startsWith(`${list}.`)) numbers.add(name.split(".", 2)[1]);
  }
  let count = 0;
  while (numbers.has(`${count}`)) count++;
  return count;
}

function notOpenai(subject: string, found: string): InvalidConfigError {
  return new InvalidConfigError({
    subject,
    found,
    expected: "the arrays of a network of openai/consistency_models (cd_*.pt, ct_*.pt, edm_*.pt)",
    remedy: "Load a checkpoint in diffusers' layout with fromPretrained, from its repository or folder.",
  });
}

function ofDiffusers(subject: string): InvalidConfigError {
  return new InvalidConfigError({
    subject,
    found: "a weights file of diffusers' layout, which is one part of a model",
    expected: "an original checkpoint, which is a model in one file",
    remedy:
      "Name the folder above it, with model_index.json or config.json, and load that with `fromPretrained`.",
  });
}

function predictsVariance(subject: string, inChannels: number, outChannels: number): UnsupportedError {
  return new UnsupportedError({
    subject,
    found: `a network that makes ${outChannels} channels from ${inChannels}, as those of guided-diffusion do`,
    expected: "a network of openai/consistency_models, which makes as many channels as it takes",
    remedy: "Load one of cd_*.pt, ct_*.pt, edm_*.pt.",
  });
}
