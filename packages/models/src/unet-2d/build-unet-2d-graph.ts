import { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add, multiply, silu, subtract } from "../graph/operators/elementwise.ts";
import { gatherRows } from "../graph/operators/shaping.ts";
import { convolutionLayer } from "../layers/convolution-layer.ts";
import { groupNorm } from "../layers/group-norm.ts";
import { timestepEmbedding } from "../layers/timestep-embedding.ts";
import { WeightScope, type WeightSource } from "../layers/weight-scope.ts";
import type { BlockContext } from "./block-context.ts";
import { checkUNet2DModelConfig } from "./check-unet-2d-model-config.ts";
import { type DownBlockType, downBlock, downBlockTypes } from "./down-block.ts";
import { midBlock } from "./mid-block.ts";
import { normGroups } from "./norm-groups.ts";
import { sampleSizeOf } from "./sample-size.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";
import { type UpBlockType, upBlock, upBlockTypes } from "./up-block.ts";

/** Names of the inputs and the output of the graph. */
export const unet2DGraphNames = {
  /** float32 [batch, in channels, height, width] */
  sample: "sample",
  /** float32 [batch, first of block_out_channels]: the sinusoidal projection of the timestep */
  timestepProjection: "timestep_projection",
  /** int64 [batch]; only where the model has class embeddings */
  classLabels: "class_labels",
  /** float32 [batch, out channels, height, width] */
  modelOutput: "model_output",
} as const;

/**
 * The ONNX graph of a UNet2DModel (diffusers `models/unets/unet_2d.py`), its weights by reference.
 *
 * @returns A serialised ModelProto of a few hundred kilobytes, whatever the size of the weights.
 * @throws InvalidConfigError, UnsupportedError - see {@link checkUNet2DModelConfig}.
 */
export function buildUNet2DGraph(config: UNet2DModelConfigValues, source: WeightSource): Uint8Array {
  checkUNet2DModelConfig(config);
  const builder = new GraphBuilder();
  const scope = new WeightScope(builder, source);
  const { height, width } = sampleSizeOf(config);
  const sample = builder.input(unet2DGraphNames.sample, "float32", [
    "batch",
    config.inChannels,
    height,
    width,
  ]);
  const context = { builder, config, activatedTime: silu(builder, timeEmbedding(builder, config, scope)) };

  const firstChannels = config.blockOutChannels[0] as number;
  const centered = config.centerInputSample ? center(builder, sample) : sample;
  const entry = convolutionLayer(builder, centered, scope.child("conv_in"), {
    outChannels: firstChannels,
    kernelSize: 3,
  });
  const { value: bottom, skips } = descend(context, entry, scope);
  const middle = config.midBlockType === null ? bottom : midBlock(context, bottom, scope.child("mid_block"));
  const top = ascend(context, middle, skips, scope);

  const normalised = groupNorm(builder, top, scope.child("conv_norm_out"), {
    groups: normGroups(config, firstChannels),
    epsilon: config.normEps,
  });
  const prediction = convolutionLayer(builder, silu(builder, normalised), scope.child("conv_out"), {
    outChannels: config.outChannels,
    kernelSize: 3,
  });
  builder.output(unet2DGraphNames.modelOutput, prediction);
  return builder.build();
}

function timeEmbedding(
  builder: GraphBuilder,
  config: UNet2DModelConfigValues,
  scope: WeightScope,
): GraphValue {
  const firstChannels = config.blockOutChannels[0] as number;
  const width = config.timeEmbeddingDim ?? 4 * firstChannels;
  const projection = builder.input(unet2DGraphNames.timestepProjection, "float32", ["batch", firstChannels]);
  const embedding = timestepEmbedding(builder, projection, scope.child("time_embedding"), width);
  if (config.numClassEmbeds === null) return embedding;
  const labels = builder.input(unet2DGraphNames.classLabels, "int64", ["batch"]);
  const table = scope.child("class_embedding").take("weight", [config.numClassEmbeds, width]);
  return add(builder, embedding, gatherRows(builder, table, labels));
}

function center(builder: GraphBuilder, sample: GraphValue): GraphValue {
  return subtract(builder, multiply(builder, sample, builder.floats([2])), builder.floats([1]));
}

function descend(
  context: BlockContext,
  entry: GraphValue,
  scope: WeightScope,
): { readonly value: GraphValue; readonly skips: readonly GraphValue[] } {
  const { downBlockTypes: types, blockOutChannels } = context.config;
  const skips = [entry];
  let value = entry;
  for (const [index, outChannels] of blockOutChannels.entries()) {
    const result = downBlock(context, value, scope.child(`down_blocks.${index}`), {
      type: downBlockTypes[types[index] as string] as DownBlockType,
      outChannels,
      isLast: index === blockOutChannels.length - 1,
    });
    value = result.value;
    skips.push(...result.skips);
  }
  return { value, skips };
}

function ascend(
  context: BlockContext,
  middle: GraphValue,
  skips: readonly GraphValue[],
  scope: WeightScope,
): GraphValue {
  const { upBlockTypes: types, blockOutChannels, layersPerBlock } = context.config;
  const layers = layersPerBlock + 1;
  let remaining = skips;
  let value = middle;
  for (const [index, outChannels] of blockOutChannels.toReversed().entries()) {
    value = upBlock(context, value, remaining.slice(-layers), scope.child(`up_blocks.${index}`), {
      type: upBlockTypes[types[index] as string] as UpBlockType,
      outChannels,
      isLast: index === blockOutChannels.length - 1,
    });
    remaining = remaining.slice(0, -layers);
  }
  return value;
}
