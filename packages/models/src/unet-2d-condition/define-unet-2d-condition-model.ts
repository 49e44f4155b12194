import {
  activate,
  add,
  cast,
  concat,
  constant,
  type Dimension,
  imageShape,
  mul,
  type Scope,
  sub,
  type Value,
} from "@onestep/graph";
import { timestepEmbedding } from "../layers/embeddings.ts";
import { convolutionLayer, linearLayer } from "../layers/modules.ts";
import { outputProjection } from "../layers/output-projection.ts";
import { downsample2D, upsample2D } from "../layers/resampling.ts";
import { type ResnetBlockOptions, resnetBlock } from "../layers/resnet-block.ts";
import { type Transformer2DOptions, transformer2D } from "../layers/transformer-2d.ts";
import {
  ofBlock,
  type PerBlock,
  type UNet2DConditionModelConfigValues,
} from "./unet-2d-condition-model-config.ts";

/** Shared by all blocks of a model. */
interface BlockContext {
  readonly config: UNet2DConditionModelConfigValues;
  /** The time embedding after the activation of the residual blocks, [batch, width]. */
  readonly activatedTime: Value;
  /** The embeddings of the text, [batch, tokens, width]. */
  readonly text: Value;
}

/**
 * The graph of a UNet2DConditionModel (diffusers `models/unets/unet_2d_condition.py`; Rombach et al., 2022).
 *
 * Inputs: `sample` float32 [batch, channels, height, width]; `timestep` float32 [batch, width], its sinusoidal projection;
 * `encoder_hidden_states` float32 [batch, tokens, width]; `timestep_cond` float32 [batch, width], for models with
 * `time_cond_proj_dim`; `added_cond` float32 [batch, width], pooled embedding and projected numbers, for models with
 * `text_time`. Output: `model_output` [batch, out channels, height, width].
 *
 * @param symbols - Height and width, for sizes that do not halve evenly: the up path then upsamples to the sizes of the
 * down path.
 * @throws GraphError if the parts do not fit together.
 */
export function defineUNet2DConditionModel(
  scope: Scope,
  config: UNet2DConditionModelConfigValues,
  symbols: Readonly<Record<string, number>>,
): Readonly<Record<string, Value>> {
  const { height = "height", width = "width" } = symbols;
  const sample = scope.input("sample", "float32", ["batch", config.inChannels, height, width]);
  const embedding = cast(activate(timeEmbedding(scope, config), config.actFn), "compute");
  const text = scope.input("encoder_hidden_states", "float32", [
    "batch",
    "tokens",
    config.crossAttentionDim as number,
  ]);
  const context = { config, activatedTime: embedding, text: cast(text, "compute") };
  const centered = config.centerInputSample ? sub(mul(sample, constant([2])), constant([1])) : sample;
  const [firstChannels = 0] = config.blockOutChannels;
  const first = convolutionLayer(cast(centered, "compute"), scope.child("conv_in"), {
    outChannels: firstChannels,
    kernelSize: 3,
  });
  const { value: bottom, skips } = downBlocks(context, first, scope);
  const middle =
    config.midBlockType === null
      ? bottom
      : scope.within("mid_block", (block) => midBlock(context, bottom, block));
  const top = upBlocks(context, middle, skips, scope);
  const output = outputProjection(top, scope, {
    names: { norm: "conv_norm_out", convolution: "conv_out" },
    outChannels: config.outChannels,
    groups: config.normNumGroups as number,
    epsilon: config.normEps,
  });
  return { model_output: output };
}

/** The embedding of the timestep and other image-wide conditioning, [batch, width], float32. */
function timeEmbedding(scope: Scope, config: UNet2DConditionModelConfigValues): Value {
  const [firstChannels = 0] = config.blockOutChannels;
  const width = config.timeEmbeddingDim ?? 4 * firstChannels;
  const part = scope.child("time_embedding");
  let projected = scope.input("timestep", "float32", ["batch", firstChannels]);
  if (config.timeCondProjDim !== null) {
    const guidance = scope.input("timestep_cond", "float32", ["batch", config.timeCondProjDim]);
    projected = add(
      projected,
      linearLayer(guidance, part.child("cond_proj"), firstChannels, { bias: false }),
    );
  }
  const time = timestepEmbedding(projected, part, width);
  if (config.additionEmbedType === null) return time;
  const added = scope.input("added_cond", "float32", [
    "batch",
    config.projectionClassEmbeddingsInputDim as number,
  ]);
  return add(time, timestepEmbedding(added, scope.child("add_embedding"), width));
}

/** All down blocks: the bottom image and the skips for the up path, `first` first. */
function downBlocks(
  context: BlockContext,
  first: Value,
  scope: Scope,
): { readonly value: Value; readonly skips: readonly Value[] } {
  const { config } = context;
  const skips = [first];
  let value = first;
  for (const [index, outChannels] of config.blockOutChannels.entries()) {
    const hasAttention = config.downBlockTypes[index] === "CrossAttnDownBlock2D";
    scope.within(`down_blocks.${index}`, (block) => {
      for (let layer = 0; layer < ofBlock(config.layersPerBlock, index); layer += 1) {
        const transformer = hasAttention
          ? transformerOptions(config, index, layersOf(config.transformerLayersPerBlock, index, layer))
          : undefined;
        value = layerOf(context, value, block, layer, { outChannels, transformer });
        skips.push(value);
      }
      if (index === config.blockOutChannels.length - 1) return;
      const image = value;
      value = block.within("downsamplers.0", (part) => downsample2D(image, part, config.downsamplePadding));
      skips.push(value);
    });
  }
  return { value, skips };
}

/** A residual block, attention unless the kind has none, and a residual block; diffusers' `UNetMidBlock2DCrossAttn`. */
function midBlock(context: BlockContext, value: Value, scope: Scope): Value {
  const { config } = context;
  const last = config.blockOutChannels.length - 1;
  const options = {
    outChannels: config.blockOutChannels[last] as number,
    outputScaleFactor: config.midBlockScaleFactor,
  };
  const hasAttention = config.midBlockType === "UNetMidBlock2DCrossAttn";
  const layers = layersOf(config.transformerLayersPerBlock, last, 0);
  const transformer = hasAttention ? transformerOptions(config, last, layers) : undefined;
  const hidden = layerOf(context, value, scope, 0, { ...options, transformer });
  return hasAttention ? layerOf(context, hidden, scope, 1, options) : hidden;
}

/** All up blocks, using the skips of {@link downBlocks} from last to first. */
function upBlocks(context: BlockContext, middle: Value, skips: readonly Value[], scope: Scope): Value {
  const { config } = context;
  const remaining = [...skips];
  let value = middle;
  const last = config.blockOutChannels.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const down = last - index;
    const outChannels = config.blockOutChannels[down] as number;
    const hasAttention = config.upBlockTypes[index] === "CrossAttnUpBlock2D";
    const reversed = config.reverseTransformerLayersPerBlock;
    scope.within(`up_blocks.${index}`, (block) => {
      for (let layer = 0; layer <= ofBlock(config.layersPerBlock, down); layer += 1) {
        const layers =
          reversed === null
            ? layersOf(config.transformerLayersPerBlock, down, layer)
            : layersOf(reversed, index, layer);
        const transformer = hasAttention ? transformerOptions(config, down, layers) : undefined;
        const joined = concat([value, remaining.pop() as Value], 1);
        value = layerOf(context, joined, block, layer, { outChannels, transformer });
      }
      if (index === last) return;
      const image = value;
      const size = sizeOf(remaining.at(-1) as Value);
      value = block.within("upsamplers.0", (part) => upsample2D(image, part, size));
    });
  }
  return value;
}

/** The size to upsample to: the next skip's, if given in numbers; double otherwise. */
function sizeOf(next: Value): readonly [Dimension, Dimension] | undefined {
  const { height, width } = imageShape(next);
  return typeof height === "number" && typeof width === "number" ? [height, width] : undefined;
}

/** The properties of one layer of a block. */
interface LayerOptions {
  readonly outChannels: number;
  readonly transformer?: Transformer2DOptions | undefined;
  readonly outputScaleFactor?: number;
}

/** A residual block, followed by attention to the text if the block has it. */
function layerOf(
  { config, activatedTime, text }: BlockContext,
  value: Value,
  scope: Scope,
  layer: number,
  { outChannels, transformer, outputScaleFactor = config.resnetOutScaleFactor }: LayerOptions,
): Value {
  const options: ResnetBlockOptions = {
    outChannels,
    groups: config.normNumGroups as number,
    epsilon: config.normEps,
    activation: config.actFn,
    timeScaleShift: config.resnetTimeScaleShift === "scale_shift" ? "scale_shift" : "default",
    outputScaleFactor,
  };
  const hidden = scope.within(`resnets.${layer}`, (part) => resnetBlock(value, activatedTime, part, options));
  if (transformer === undefined) return hidden;
  return scope.within(`attentions.${layer}`, (part) => transformer2D(hidden, text, part, transformer));
}

function transformerOptions(
  config: UNet2DConditionModelConfigValues,
  block: number,
  layers: number,
): Transformer2DOptions {
  return {
    heads: ofBlock(config.attentionHeadDim, block),
    layers,
    groups: config.normNumGroups as number,
    useLinearProjection: config.useLinearProjection,
  };
}

/** Number of transformer blocks per layer of a block. */
function layersOf(value: number | readonly PerBlock[], block: number, layer: number): number {
  if (typeof value === "number") return value;
  return ofBlock(value[block] ?? 1, layer);
}
