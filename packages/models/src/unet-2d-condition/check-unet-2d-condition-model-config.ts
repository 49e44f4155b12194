import { InvalidConfigError, type Problem, UnsupportedError } from "@onestep/core";
import { latentSizeOf, type UNet2DConditionModelConfigValues } from "./unet-2d-condition-model-config.ts";

/** Supported kinds of blocks, by diffusers' names. */
const downBlocks = ["DownBlock2D", "CrossAttnDownBlock2D"];
const upBlocks = ["UpBlock2D", "CrossAttnUpBlock2D"];
const midBlocks = ["UNetMidBlock2DCrossAttn", "UNetMidBlock2D"];

/** Maximum layers of one path, so that a malicious config cannot exhaust memory. */
const maximumLayers = 1000;

/**
 * Checks constraints not expressed by the graph's shapes, and that every part is supported.
 *
 * @throws InvalidConfigError if fields contradict each other.
 * @throws UnsupportedError if a field needs an unsupported part.
 */
export function checkUNet2DConditionModelConfig(config: UNet2DConditionModelConfigValues): void {
  checkLists(config);
  checkNumbers(config);
  checkSupported(config);
  checkAddition(config);
}

function checkLists(config: UNet2DConditionModelConfigValues): void {
  const { blockOutChannels } = config;
  const blocks = blockOutChannels.length;
  if (blocks === 0) {
    throw contradiction("block_out_channels", "an empty list", "the channels of at least one block");
  }
  const lists: Readonly<Record<string, unknown>> = {
    down_block_types: config.downBlockTypes,
    up_block_types: config.upBlockTypes,
    attention_head_dim: config.attentionHeadDim,
    layers_per_block: config.layersPerBlock,
    cross_attention_dim: config.crossAttentionDim,
    transformer_layers_per_block: config.transformerLayersPerBlock,
  };
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.length === blocks) continue;
    throw contradiction(
      name,
      `${list.length} entries`,
      `${blocks}, one for each block, as block_out_channels has`,
    );
  }
  const { sampleSize, transformerLayersPerBlock: layers } = config;
  if (typeof sampleSize === "object" && sampleSize !== null && sampleSize.length !== 2) {
    throw contradiction("sample_size", JSON.stringify(sampleSize), "a number, or height and width");
  }
  const isNested = typeof layers === "object" && layers.some((entry) => typeof entry !== "number");
  if (isNested && config.reverseTransformerLayersPerBlock === null) {
    throw contradiction(
      "reverse_transformer_layers_per_block",
      "null, and lists in transformer_layers_per_block",
      "the numbers on the way up, too",
    );
  }
}

function checkNumbers(config: UNet2DConditionModelConfigValues): void {
  const numbers: Readonly<Record<string, unknown>> = {
    in_channels: config.inChannels,
    out_channels: config.outChannels,
    block_out_channels: config.blockOutChannels,
    layers_per_block: config.layersPerBlock,
    norm_num_groups: config.normNumGroups,
    norm_eps: config.normEps,
    cross_attention_dim: config.crossAttentionDim,
    transformer_layers_per_block: config.transformerLayersPerBlock,
    attention_head_dim: config.attentionHeadDim,
    mid_block_scale_factor: config.midBlockScaleFactor,
    resnet_out_scale_factor: config.resnetOutScaleFactor,
    time_cond_proj_dim: config.timeCondProjDim,
    time_embedding_dim: config.timeEmbeddingDim,
    sample_size: Object.values(latentSizeOf(config)),
  };
  for (const [name, value] of Object.entries(numbers)) {
    const wrong = [value].flat(2).find((number) => number !== null && !(Number(number) > 0));
    if (wrong !== undefined) throw contradiction(name, `${wrong}`, "numbers above 0");
  }
  const layers = [config.layersPerBlock, config.transformerLayersPerBlock].flat(2);
  const most = layers.reduce<number>((left, right) => Math.max(left, Number(right)), 0);
  if (most * config.blockOutChannels.length > maximumLayers) {
    throw contradiction("layers_per_block, transformer_layers_per_block", `${most}`, "far fewer layers");
  }
}

function checkSupported(config: UNet2DConditionModelConfigValues): void {
  for (const [field, names, known] of [
    ["down_block_types", config.downBlockTypes, downBlocks],
    ["up_block_types", config.upBlockTypes, upBlocks],
    ["mid_block_type", config.midBlockType === null ? [] : [config.midBlockType], midBlocks],
  ] as const) {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) throw unsupported(field, unknown, `one of ${known.join(", ")}`);
  }
  const { onlyCrossAttention, numAttentionHeads } = config;
  if (numAttentionHeads !== null) {
    throw unsupported(
      "num_attention_heads",
      JSON.stringify(numAttentionHeads),
      "null, as in diffusers; the number of heads is in attention_head_dim",
    );
  }
  const onlyCross = [onlyCrossAttention].flat().some(Boolean) || config.midBlockOnlyCrossAttention === true;
  const fields: readonly (readonly [name: string, value: unknown, ordinary: unknown])[] = [
    ["only_cross_attention", onlyCross, false],
    ["dual_cross_attention", config.dualCrossAttention, false],
    ["class_embed_type", config.classEmbedType, null],
    ["num_class_embeds", config.numClassEmbeds, null],
    ["encoder_hid_dim_type", config.encoderHidDimType, null],
    ["encoder_hid_dim", config.encoderHidDim, null],
    ["time_embedding_type", config.timeEmbeddingType, "positional"],
    ["time_embedding_act_fn", config.timeEmbeddingActFn, null],
    ["timestep_post_act", config.timestepPostAct, null],
    ["attention_type", config.attentionType, "default"],
    ["cross_attention_norm", config.crossAttentionNorm, null],
    ["class_embeddings_concat", config.classEmbeddingsConcat, false],
    ["resnet_skip_time_act", config.resnetSkipTimeAct, false],
    ["conv_in_kernel", config.convInKernel, 3],
    ["conv_out_kernel", config.convOutKernel, 3],
    ["norm_num_groups", config.normNumGroups === null, false],
    ["cross_attention_dim", typeof config.crossAttentionDim, "number"],
  ];
  for (const [name, value, ordinary] of fields) {
    if (value !== ordinary) throw unsupported(name, JSON.stringify(value), JSON.stringify(ordinary));
  }
  if (config.resnetTimeScaleShift !== "default" && config.resnetTimeScaleShift !== "scale_shift") {
    throw unsupported(
      "resnet_time_scale_shift",
      JSON.stringify(config.resnetTimeScaleShift),
      '"default" or "scale_shift"',
    );
  }
}

function checkAddition(config: UNet2DConditionModelConfigValues): void {
  const { additionEmbedType, additionTimeEmbedDim, projectionClassEmbeddingsInputDim } = config;
  if (additionEmbedType === null) return;
  if (additionEmbedType !== "text_time") {
    throw unsupported("addition_embed_type", JSON.stringify(additionEmbedType), 'null or "text_time"');
  }
  const width = additionTimeEmbedDim ?? 0;
  const all = projectionClassEmbeddingsInputDim ?? 0;
  if (width >= 1 && all > width) return;
  throw contradiction(
    "addition_time_embed_dim and projection_class_embeddings_input_dim",
    `${additionTimeEmbedDim} and ${projectionClassEmbeddingsInputDim}`,
    "both above 0, the second the larger one",
  );
}

function unsupported(name: string, found: string, expected: string): UnsupportedError {
  return new UnsupportedError({
    subject: `UNet2DConditionModel config: ${name}`,
    found,
    expected,
    remedy:
      "Stable Diffusion 1, 2, XL, Turbo, latent consistency models and those distilled from them have these values.",
  });
}

function contradiction(name: string, found: string, expected: string): InvalidConfigError {
  const problem: Problem = {
    subject: `UNet2DConditionModel config: ${name}`,
    found,
    expected,
    remedy: "Correct the file.",
  };
  return new InvalidConfigError(problem);
}
