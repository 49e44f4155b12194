import {
  booleanField,
  type Config,
  type ConfigField,
  ConfigSchema,
  eitherField,
  enumField,
  floatField,
  integerField,
  listField,
  nullableField,
  PythonFloat,
  stringField,
} from "@onestep/core";
import type { ActivationName } from "@onestep/graph";

/** One number for all blocks, or one per down block. */
export type PerBlock = number | readonly number[];

/** Every field of diffusers' `UNet2DConditionModel`, in camelCase. */
export interface UNet2DConditionModelConfigValues {
  /** Height and width of training latents; one number for a square. */
  readonly sampleSize: number | readonly number[] | null;
  /** Channels of input latents; 9 for inpainting. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly centerInputSample: boolean;
  /** Cosines before sines in the timestep embedding. */
  readonly flipSinToCos: boolean;
  /** Shift of the frequencies of that embedding. */
  readonly freqShift: number;
  /** The kind of each block on the way down. */
  readonly downBlockTypes: readonly string[];
  /** Null for no middle block. */
  readonly midBlockType: string | null;
  /** The kind of each block on the way up. */
  readonly upBlockTypes: readonly string[];
  readonly onlyCrossAttention: boolean | readonly boolean[];
  /** Channels of each block, on the way down. */
  readonly blockOutChannels: readonly number[];
  /** Residual blocks in each block on the way down; one more on the way up. */
  readonly layersPerBlock: PerBlock;
  /** Padding of downsampling convolutions. */
  readonly downsamplePadding: number;
  /** Divisor of sums in the middle block. */
  readonly midBlockScaleFactor: number;
  /** Dropout while training; no effect here. */
  readonly dropout: number;
  readonly actFn: ActivationName;
  readonly normNumGroups: number | null;
  /** Added to the variance in the norms of residual blocks. */
  readonly normEps: number;
  /** Width of the text embeddings. */
  readonly crossAttentionDim: PerBlock;
  /** Transformer blocks in each attention. */
  readonly transformerLayersPerBlock: number | readonly PerBlock[];
  /** The same for the up path, if it is not the reversed down path. */
  readonly reverseTransformerLayersPerBlock: readonly PerBlock[] | null;
  readonly encoderHidDim: number | null;
  readonly encoderHidDimType: string | null;
  /** The number of heads, not their width: the name is a mistake that diffusers keeps for old files. */
  readonly attentionHeadDim: PerBlock;
  readonly numAttentionHeads: PerBlock | null;
  readonly dualCrossAttention: boolean;
  /** Whether projections of transformer blocks are stored as linear layers, not as 1×1 convolutions. */
  readonly useLinearProjection: boolean;
  readonly classEmbedType: string | null;
  /** `"text_time"`: adds the pooled text embedding and six size values to the timestep embedding. */
  readonly additionEmbedType: string | null;
  /** Embedding width of each of these values. */
  readonly additionTimeEmbedDim: number | null;
  readonly numClassEmbeds: number | null;
  /** No effect here: scores are computed in float32. */
  readonly upcastAttention: boolean;
  readonly resnetTimeScaleShift: string;
  readonly resnetSkipTimeAct: boolean;
  readonly resnetOutScaleFactor: number;
  readonly timeEmbeddingType: string;
  readonly timeEmbeddingDim: number | null;
  readonly timeEmbeddingActFn: string | null;
  readonly timestepPostAct: string | null;
  /** Width of a distilled model's guidance scale embedding, which is added to the timestep's. */
  readonly timeCondProjDim: number | null;
  readonly convInKernel: number;
  readonly convOutKernel: number;
  /** Combined width of the pooled embedding and the embedded size values. */
  readonly projectionClassEmbeddingsInputDim: number | null;
  readonly attentionType: string;
  readonly classEmbeddingsConcat: boolean;
  readonly midBlockOnlyCrossAttention: boolean | null;
  readonly crossAttentionNorm: string | null;
  readonly additionEmbedTypeNumHeads: number;
}

type Fields = {
  readonly [Name in keyof UNet2DConditionModelConfigValues]: ConfigField<
    UNet2DConditionModelConfigValues[Name]
  >;
};

const text = nullableField(stringField(""));
const count = integerField(0);
const counts = listField(count, []);

function perBlock(defaultValue: number): ConfigField<PerBlock> {
  return eitherField(integerField(defaultValue), counts);
}

const fields: Fields = {
  sampleSize: nullableField(eitherField(count, counts)),
  inChannels: integerField(4),
  outChannels: integerField(4),
  centerInputSample: booleanField(false),
  flipSinToCos: booleanField(true),
  freqShift: floatField(0),
  downBlockTypes: listField(stringField(""), [
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "DownBlock2D",
  ]),
  midBlockType: nullableField(stringField(""), "UNetMidBlock2DCrossAttn"),
  upBlockTypes: listField(stringField(""), [
    "UpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
  ]),
  onlyCrossAttention: eitherField(booleanField(false), listField(booleanField(false), [])),
  blockOutChannels: listField(count, [320, 640, 1280, 1280]),
  layersPerBlock: perBlock(2),
  downsamplePadding: integerField(1),
  midBlockScaleFactor: floatField(1),
  dropout: floatField(new PythonFloat(0)),
  actFn: enumField(["silu", "swish", "mish", "gelu", "relu"], "silu"),
  normNumGroups: nullableField(count, 32),
  normEps: floatField(new PythonFloat(1e-5)),
  crossAttentionDim: perBlock(1280),
  transformerLayersPerBlock: eitherField(integerField(1), listField(perBlock(1), [])),
  reverseTransformerLayersPerBlock: nullableField(listField(perBlock(1), [])),
  encoderHidDim: nullableField(count),
  encoderHidDimType: text,
  attentionHeadDim: perBlock(8),
  numAttentionHeads: nullableField(perBlock(0)),
  dualCrossAttention: booleanField(false),
  useLinearProjection: booleanField(false),
  classEmbedType: text,
  additionEmbedType: text,
  additionTimeEmbedDim: nullableField(count),
  numClassEmbeds: nullableField(count),
  upcastAttention: booleanField(false),
  resnetTimeScaleShift: stringField("default"),
  resnetSkipTimeAct: booleanField(false),
  resnetOutScaleFactor: floatField(new PythonFloat(1)),
  timeEmbeddingType: stringField("positional"),
  timeEmbeddingDim: nullableField(count),
  timeEmbeddingActFn: text,
  timestepPostAct: text,
  timeCondProjDim: nullableField(count),
  convInKernel: integerField(3),
  convOutKernel: integerField(3),
  projectionClassEmbeddingsInputDim: nullableField(count),
  attentionType: stringField("default"),
  classEmbeddingsConcat: booleanField(false),
  midBlockOnlyCrossAttention: nullableField(booleanField(false)),
  crossAttentionNorm: text,
  additionEmbedTypeNumHeads: integerField(64),
};

/** The configuration of a UNet2DConditionModel, camelCase, frozen. */
export type UNet2DConditionModelConfig = Config<UNet2DConditionModelConfigValues>;

/** Reads and writes `unet/config.json` (diffusers `models/unets/unet_2d_condition.py`). */
export const unet2DConditionModelConfigSchema: ConfigSchema<Fields> = new ConfigSchema(
  "UNet2DConditionModel",
  fields,
);

/** A field's value for one down block. */
export function ofBlock(value: PerBlock, block: number): number {
  return typeof value === "number" ? value : (value[block] ?? 0);
}

/** The model's native latent height and width; 64 if its config does not say. */
export function latentSizeOf({ sampleSize }: Pick<UNet2DConditionModelConfigValues, "sampleSize">): {
  readonly height: number;
  readonly width: number;
} {
  if (sampleSize === null) return { height: 64, width: 64 };
  if (typeof sampleSize === "number") return { height: sampleSize, width: sampleSize };
  const [height = 64, width = height] = sampleSize;
  return { height, width };
}
