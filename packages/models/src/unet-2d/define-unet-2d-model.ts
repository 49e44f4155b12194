import {
  activate,
  cast,
  constant,
  div,
  GraphError,
  imageShape,
  mul,
  reshape,
  type Scope,
  sub,
  type Value,
} from "@onestep/graph";
import { convolutionLayer } from "../layers/modules.ts";
import { outputProjection } from "../layers/output-projection.ts";
import {
  type BlockContext,
  type BlockOptions,
  type BlockType,
  type DownBlockResult,
  downBlock,
  downBlockTypes,
  findBlockType,
  midBlock,
  normGroups,
  upBlock,
  upBlockTypes,
} from "./blocks.ts";
import { kDownBlock, kUpBlock } from "./k-blocks.ts";
import { addSkipSample, skipDownBlock, skipUpBlock } from "./skip-blocks.ts";
import { timeEmbedding, unet2DGraphNames } from "./time-embedding.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * The graph of a UNet2DModel (diffusers `models/unets/unet_2d.py`). Inputs and output are named by `unet2DGraphNames`;
 * height and width are symbols.
 *
 * A layer computes in the format of its input, so the image and the time embedding are cast to the model's format on entry.
 * Parts that need float32 cast themselves: timestep and label embeddings, norm statistics, attention scores and softmax,
 * and the output projection.
 *
 * @throws GraphError if the parts do not fit together.
 */
export function defineUNet2DModel(
  scope: Scope,
  config: UNet2DModelConfigValues,
): Readonly<Record<string, Value>> {
  const shape = ["batch", config.inChannels, "height", "width"];
  const sample = scope.input(unet2DGraphNames.sample, "float32", shape);
  const { timestep, embedding } = timeEmbedding(config, scope);
  const activatedTime = cast(activate(embedding, config.actFn), "compute");
  const context = { config, time: cast(embedding, "compute"), activatedTime };

  const firstChannels = config.blockOutChannels[0] as number;
  const centered = cast(config.centerInputSample ? center(sample) : sample, "compute");
  const first = convolutionLayer(centered, scope.child("conv_in"), {
    outChannels: firstChannels,
    kernelSize: 3,
  });
  const { value: bottom, skips } = downBlocks(context, centered, first, scope);
  const middle =
    config.midBlockType === null
      ? bottom
      : scope.within("mid_block", (block) => midBlock(context, bottom, block));
  const { value: top, skipSample } = upBlocks(context, middle, skips, scope);

  const prediction = outputProjection(top, scope, {
    names: { norm: "conv_norm_out", convolution: "conv_out" },
    outChannels: config.outChannels,
    groups: normGroups(config, firstChannels),
    epsilon: config.normEps,
  });
  const sum = skipSample === undefined ? prediction : addSkipSample(prediction, skipSample);
  // With a Fourier embedding, the timestep is a noise level and the output a score.
  const output =
    config.timeEmbeddingType === "fourier" ? div(sum, reshape(timestep, [...timestep.shape, 1, 1, 1])) : sum;
  return { [unet2DGraphNames.modelOutput]: output };
}

function center(sample: Value): Value {
  return sub(mul(sample, constant([2])), constant([1]));
}

/**
 * All down blocks.
 *
 * @param sample - The model input, used again by skip blocks.
 * @param first - The input of the first block.
 * @returns The bottom image and the skips for the up path, `first` first.
 */
function downBlocks(context: BlockContext, sample: Value, first: Value, scope: Scope): DownBlockResult {
  const { downBlockTypes: types, blockOutChannels } = context.config;
  const skips = [first];
  let value = first;
  let skipSample = sample;
  for (const [index, outChannels] of blockOutChannels.entries()) {
    const type = findBlockType(downBlockTypes, types[index] as string) as BlockType;
    const options = { type, outChannels, isLast: index === blockOutChannels.length - 1 };
    scope.within(`down_blocks.${index}`, (block) => {
      let result: DownBlockResult;
      if (type.family === "skip") {
        const skipResult = skipDownBlock(context, value, skipSample, block, options);
        skipSample = skipResult.skipSample;
        result = skipResult;
      } else {
        const define = type.family === "k" ? kDownBlock : downBlock;
        result = define(context, value, block, options);
      }
      value = result.value;
      skips.push(...result.skips);
    });
  }
  return { value, skips };
}

/** The result of the up path. */
interface UpBlocksResult {
  readonly value: Value;
  /** The skip blocks' contribution to the model output; `undefined` without skip blocks. */
  readonly skipSample: Value | undefined;
}

/** All up blocks, using the skips of {@link downBlocks} from last to first. */
function upBlocks(
  context: BlockContext,
  middle: Value,
  skips: readonly Value[],
  scope: Scope,
): UpBlocksResult {
  const { upBlockTypes: types, blockOutChannels, layersPerBlock } = context.config;
  const channels = blockOutChannels.toReversed();
  let remaining = skips;
  let value = middle;
  let skipSample: Value | undefined;
  for (const [index, outChannels] of channels.entries()) {
    const type = findBlockType(upBlockTypes, types[index] as string) as BlockType;
    const options: BlockOptions = { type, outChannels, isLast: index === channels.length - 1 };
    scope.within(`up_blocks.${index}`, (block) => {
      const count = type.family === "k" ? layersPerBlock : layersPerBlock + 1;
      const own = remaining.slice(-count);
      const previous = type.family === "k" ? outChannels : (channels[index - 1] ?? outChannels);
      checkPassedOn(types[index] as string, value, previous, own.length, count);
      remaining = remaining.slice(0, -count);
      if (type.family === "skip") {
        ({ value, skipSample } = skipUpBlock(context, value, own, skipSample, block, options));
      } else if (type.family === "k") {
        const nextChannels = channels[index + 1] ?? outChannels;
        value = kUpBlock(context, value, own.at(-1) as Value, block, { ...options, nextChannels });
      } else {
        value = upBlock(context, value, own, block, options);
      }
    });
  }
  return { value, skipSample };
}

/** What diffusers passes to each block about the previous one. */
function checkPassedOn(type: string, value: Value, channels: number, found: number, expected: number): void {
  const { channels: passed } = imageShape(value);
  if (found === expected && passed === channels) return;
  throw new GraphError({
    subject: type,
    found: `${passed} channels, and ${found} images from the way down`,
    expected: `${channels} channels and ${expected} images`,
    remedy: "k blocks (KDownBlock2D, KUpBlock2D) pass on one image less: use them in both lists or in none.",
  });
}
