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
  type PythonJson,
  stringField,
} from "@onestep/core";
import type { ActivationName } from "@onestep/graph";

/** Every field of diffusers' `UNet2DModel`, in camelCase. */
export interface UNet2DModelConfigValues {
  /** Height and width of the images, in pixels; one number for a square. */
  readonly sampleSize: number | readonly number[] | null;
  /** Channels of the images that go in. */
  readonly inChannels: number;
  /** Channels of the prediction. */
  readonly outChannels: number;
  /** Whether images are moved from [0, 1] to [-1, 1] first. */
  readonly centerInputSample: boolean;
  /** How the timestep becomes a vector. */
  readonly timeEmbeddingType: "positional" | "fourier" | "learned";
  /** Width of the time embedding; four times the first of `blockOutChannels` where null. */
  readonly timeEmbeddingDim: number | null;
  /** Shift of the frequencies of a positional embedding. */
  readonly freqShift: number;
  /** Cosines before sines in a positional embedding. */
  readonly flipSinToCos: boolean;
  /** The kind of each block on the way down. */
  readonly downBlockTypes: readonly string[];
  /** Null for no block in the middle. diffusers builds a UNetMidBlock2D whatever else stands here. */
  readonly midBlockType: string | null;
  /** The kind of each block on the way up. */
  readonly upBlockTypes: readonly string[];
  /** Channels of each block, on the way down. */
  readonly blockOutChannels: readonly number[];
  /** Residual blocks in each block on the way down; one more on the way up. */
  readonly layersPerBlock: number;
  /** What sums in the middle block are divided by. */
  readonly midBlockScaleFactor: number;
  /** Padding of convolutions that halve the image; 0 pads right and bottom only. */
  readonly downsamplePadding: number;
  /** How attention blocks halve the image. */
  readonly downsampleType: "conv" | "resnet" | null;
  /** How attention blocks double the image. */
  readonly upsampleType: "conv" | "resnet" | null;
  /** Dropout while training; no effect here. */
  readonly dropout: number;
  /** The activation of the residual blocks. */
  readonly actFn: ActivationName;
  /** Channels of one attention head; one head over all channels where null. */
  readonly attentionHeadDim: number | null;
  /** Groups of the norms; a quarter of the channels, at most 32, where null. */
  readonly normNumGroups: number | null;
  /** Groups of the norm before the middle block's attention. */
  readonly attnNormNumGroups: number | null;
  /** Added to the variance in the norms. */
  readonly normEps: number;
  /** How the timestep enters the residual blocks. */
  readonly resnetTimeScaleShift: "default" | "scale_shift" | "spatial";
  /** Whether the middle block has attention. */
  readonly addAttention: boolean;
  /** How class labels become a vector; by a table of `numClassEmbeds` rows where null. */
  readonly classEmbedType: "timestep" | "identity" | null;
  /** Number of classes; null for a model without labels. */
  readonly numClassEmbeds: number | null;
  /** Number of timesteps of a learned time embedding. */
  readonly numTrainTimesteps: number | null;
}

/**
 * True or false as Python takes them where it asks for no more than that: null and 0 are false, 1 is true.
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

/** The name of an activation, in large or small letters (diffusers `models/activations.py`, `get_activation`). */
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
