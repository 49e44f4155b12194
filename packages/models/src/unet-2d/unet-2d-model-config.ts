import {
  booleanField,
  type Config,
  type ConfigField,
  ConfigSchema,
  eitherField,
  enumField,
  floatField,
  InvalidConfigError,
  integerField,
  listField,
  nullableField,
  PythonFloat,
  type PythonJson,
  stringField,
} from "@onestep/core";
import { readConfigRecord } from "@onestep/core/internal";
import type { ActivationName } from "@onestep/graph";
import { unwrapNames } from "../checkpoint/unwrap-names.ts";
import { findBlockType, upBlockTypes } from "./blocks.ts";

/** Every field of diffusers' `UNet2DModel`, in camelCase. */
export interface UNet2DModelConfigValues {
  /** Height and width of the images, in pixels; one number for a square. */
  readonly sampleSize: number | readonly number[] | null;
  /** Channels of input images. */
  readonly inChannels: number;
  /** Channels of the prediction. */
  readonly outChannels: number;
  /** Whether images are first rescaled from [0, 1] to [-1, 1]. */
  readonly centerInputSample: boolean;
  /** How the timestep becomes a vector. */
  readonly timeEmbeddingType: "positional" | "fourier" | "learned";
  /** Width of the time embedding; four times the first of `blockOutChannels` if null. */
  readonly timeEmbeddingDim: number | null;
  /** Shift of the frequencies of a positional embedding. */
  readonly freqShift: number;
  /** Cosines before sines in a positional embedding. */
  readonly flipSinToCos: boolean;
  /** The kind of each block on the way down. */
  readonly downBlockTypes: readonly string[];
  /** Null for no middle block; diffusers builds a UNetMidBlock2D for any other value. */
  readonly midBlockType: string | null;
  /** The kind of each block on the way up. */
  readonly upBlockTypes: readonly string[];
  /** Channels of each block, on the way down. */
  readonly blockOutChannels: readonly number[];
  /** Residual blocks in each block on the way down; one more on the way up. */
  readonly layersPerBlock: number;
  /** Divisor of sums in the middle block. */
  readonly midBlockScaleFactor: number;
  /** Padding of downsampling convolutions; 0 pads right and bottom only. */
  readonly downsamplePadding: number;
  /** How attention blocks downsample. */
  readonly downsampleType: "conv" | "resnet" | null;
  /** How attention blocks upsample. */
  readonly upsampleType: "conv" | "resnet" | null;
  /** Dropout while training; no effect here. */
  readonly dropout: number;
  /** The activation of the residual blocks. */
  readonly actFn: ActivationName;
  /** Channels of one attention head; one head over all channels if null. */
  readonly attentionHeadDim: number | null;
  /** Groups of the norms; a quarter of the channels, at most 32, if null. */
  readonly normNumGroups: number | null;
  /** Groups of the norm before the middle block's attention. */
  readonly attnNormNumGroups: number | null;
  /** Added to the variance in the norms. */
  readonly normEps: number;
  /** How the timestep enters the residual blocks. */
  readonly resnetTimeScaleShift: "default" | "scale_shift" | "spatial";
  /** Whether the middle block has attention. */
  readonly addAttention: boolean;
  /** How class labels become a vector; with an embedding table of `numClassEmbeds` rows if null. */
  readonly classEmbedType: "timestep" | "identity" | null;
  /** Number of classes; null for a model without labels. */
  readonly numClassEmbeds: number | null;
  /** Number of timesteps of a learned time embedding. */
  readonly numTrainTimesteps: number | null;
}

/**
 * A boolean by Python's truthiness: null and 0 are false, 1 is true.
 */
function conditionField(defaultValue: boolean): ConfigField<boolean> {
  const field = booleanField(defaultValue);
  return {
    ...field,
    read: (json) => {
      const value = json instanceof PythonFloat ? json.value : json;
      if (value === null || value === 0) return false;
      return value === 1 ? true : field.read(json);
    },
  };
}

/** The name of an activation, in any case (diffusers `models/activations.py`, `get_activation`). */
function activationField(): ConfigField<ActivationName> {
  const field = enumField(["silu", "swish", "mish", "gelu", "relu"], "silu");
  const lower = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);
  return {
    ...field,
    read: (json) => field.read(lower(json) as PythonJson),
    write: (value) => field.write(lower(value)),
  };
}

type Fields = {
  readonly [Name in keyof UNet2DModelConfigValues]: ConfigField<UNet2DModelConfigValues[Name]>;
};

const fields: Fields = {
  sampleSize: nullableField(eitherField(integerField(0), listField(integerField(0), []))),
  inChannels: integerField(3),
  outChannels: integerField(3),
  centerInputSample: conditionField(false),
  timeEmbeddingType: enumField(["positional", "fourier", "learned"], "positional"),
  timeEmbeddingDim: nullableField(integerField(0)),
  freqShift: floatField(0),
  flipSinToCos: conditionField(true),
  downBlockTypes: listField(stringField(""), [
    "DownBlock2D",
    "AttnDownBlock2D",
    "AttnDownBlock2D",
    "AttnDownBlock2D",
  ]),
  midBlockType: nullableField(stringField(""), "UNetMidBlock2D"),
  upBlockTypes: listField(stringField(""), ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"]),
  blockOutChannels: listField(integerField(0), [224, 448, 672, 896]),
  layersPerBlock: integerField(2),
  midBlockScaleFactor: floatField(1),
  downsamplePadding: integerField(1),
  downsampleType: nullableField(enumField(["conv", "resnet"], "conv"), "conv"),
  upsampleType: nullableField(enumField(["conv", "resnet"], "conv"), "conv"),
  dropout: floatField(new PythonFloat(0)),
  actFn: activationField(),
  attentionHeadDim: nullableField(integerField(0), 8),
  normNumGroups: nullableField(integerField(0), 32),
  attnNormNumGroups: nullableField(integerField(0)),
  normEps: floatField(new PythonFloat(1e-5)),
  resnetTimeScaleShift: enumField(["default", "scale_shift", "spatial"], "default"),
  addAttention: conditionField(true),
  classEmbedType: nullableField(enumField(["timestep", "identity"], "timestep")),
  numClassEmbeds: nullableField(integerField(0)),
  numTrainTimesteps: nullableField(integerField(0)),
};

/** The configuration of a UNet2DModel, camelCase, frozen. */
export type UNet2DModelConfig = Config<UNet2DModelConfigValues>;

/** Reads and writes `unet/config.json` (diffusers `models/unets/unet_2d.py`). */
export const unet2DModelConfigSchema: ConfigSchema<Fields> = new ConfigSchema("UNet2DModel", fields);

/** Height and width of the images in pixels. @throws InvalidConfigError if `sampleSize` is missing. */
export function sampleSizeOf(config: UNet2DModelConfigValues): {
  readonly height: number;
  readonly width: number;
} {
  const { sampleSize } = config;
  const [height, width, ...rest] =
    typeof sampleSize === "number" ? [sampleSize, sampleSize] : (sampleSize ?? []);
  if (rest.length > 0 || height === undefined || width === undefined || height < 1 || width < 1) {
    throw new InvalidConfigError({
      subject: "UNet2DModel config: sample_size",
      found: JSON.stringify(sampleSize),
      expected: "a positive integer, or a list of height and width",
      remedy: "Set it to the size of the images that the model was trained on.",
    });
  }
  return { height, width };
}

/** Height and width must be multiples of this: each block but the last halves the image. */
export function sizeFactorOf(config: Pick<UNet2DModelConfigValues, "blockOutChannels">): number {
  return 2 ** (config.blockOutChannels.length - 1);
}

/** The smallest height and width. k-diffusion blocks pad by reflection, so they need more than one pixel. */
export function leastSizeOf(config: UNet2DModelConfigValues): number {
  const factor = sizeFactorOf(config);
  const mirrors = findBlockType(upBlockTypes, config.upBlockTypes[0] as string)?.family === "k";
  return mirrors && factor > 1 ? factor + 1 : factor;
}

/** Arrays of every UNet2DModel, used to detect a name prefix. */
const knownNames: ReadonlySet<string> = new Set(
  ["conv_in", "conv_out", "conv_norm_out"].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
);

const laterFields = ["downsample_type", "upsample_type", "attn_norm_num_groups"];

/** Whether a config lacks fields that older diffusers versions omit and the weights may reveal. */
export function isOlderUNet2DModelConfig(config: UNet2DModelConfig): boolean {
  const defaulted = readConfigRecord(config)?.defaulted;
  return laterFields.some((name) => defaulted?.has(name) === true);
}

/**
 * Infers fields missing from configs of older diffusers versions from the names of the weights.
 *
 * The first published configs of the consistency models lack `downsample_type` and `upsample_type` (the weights show how
 * attention blocks resample; today's default is `conv`) and `attn_norm_num_groups` (the weights include a norm for the
 * middle attention, which diffusers skipped until a fix in 2023-09). Existing fields, null included, are kept.
 *
 * @param names - Names of the weights in the checkpoint.
 * @throws CheckpointError if it contains the weights of several models.
 */
export function completeUNet2DModelConfig(
  config: UNet2DModelConfig,
  names: Iterable<string>,
): UNet2DModelConfig {
  const defaulted = readConfigRecord(config)?.defaulted;
  const { storedNames } = unwrapNames("config.json", names, knownNames);
  const known = new Set(storedNames.keys());
  /** How the attention blocks of one path resample, if they do. */
  const resampling = (
    types: readonly string[],
    type: string,
    place: string,
  ): "conv" | "resnet" | undefined => {
    const samplers = types.flatMap((item, index) => (item === type ? [place.replace("N", `${index}`)] : []));
    if (samplers.some((sampler) => known.has(`${sampler}.conv1.weight`))) return "resnet";
    return samplers.some((sampler) => known.has(`${sampler}.conv.weight`)) ? "conv" : undefined;
  };
  const down = resampling(config.downBlockTypes, "AttnDownBlock2D", "down_blocks.N.downsamplers.0");
  const up = resampling(config.upBlockTypes, "AttnUpBlock2D", "up_blocks.N.upsamplers.0");
  const hasMiddleNorm =
    config.resnetTimeScaleShift !== "default" && known.has("mid_block.attentions.0.group_norm.weight");
  const told = {
    downsampleType: defaulted?.has("downsample_type") && (down ?? up) === "resnet" ? "resnet" : undefined,
    upsampleType: defaulted?.has("upsample_type") && (up ?? down) === "resnet" ? "resnet" : undefined,
    attnNormNumGroups:
      defaulted?.has("attn_norm_num_groups") && hasMiddleNorm
        ? (config.normNumGroups ?? undefined)
        : undefined,
  } as const;
  if (Object.values(told).every((value) => value === undefined)) return config;
  return unet2DModelConfigSchema.fromConfig(config, told);
}
