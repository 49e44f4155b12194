import {
  booleanField,
  type Config,
  type ConfigField,
  ConfigSchema,
  enumField,
  floatField,
  InvalidConfigError,
  integerField,
  listField,
  nullableField,
  PythonFloat,
  stringField,
} from "@onestep/core";
import type { ActivationName } from "@onestep/graph";

/** Every field of diffusers' `AutoencoderKL`, in camelCase. */
export interface AutoencoderKLConfigValues {
  /** Channels of input images. */
  readonly inChannels: number;
  /** Channels of decoded images. */
  readonly outChannels: number;
  /** The kind of each block of the encoder. */
  readonly downBlockTypes: readonly string[];
  /** The kind of each block of the decoder. */
  readonly upBlockTypes: readonly string[];
  /** Channels of each encoder block; reversed in the decoder. */
  readonly blockOutChannels: readonly number[];
  /** Residual blocks in each block of the encoder; one more in the decoder. */
  readonly layersPerBlock: number;
  readonly actFn: ActivationName;
  readonly latentChannels: number;
  readonly normNumGroups: number;
  /** Height and width of training images; also the tile size when tiling is enabled. */
  readonly sampleSize: number;
  /** Pipelines multiply latents by this after encoding and divide them by it before decoding. */
  readonly scalingFactor: number;
  readonly shiftFactor: number | null;
  readonly latentsMean: readonly number[] | null;
  readonly latentsStd: readonly number[] | null;
  /** Whether it overflows in float16 (Stable Diffusion XL's does). */
  readonly forceUpcast: boolean;
  readonly useQuantConv: boolean;
  readonly usePostQuantConv: boolean;
  /** Whether the middle blocks have attention. */
  readonly midBlockAddAttention: boolean;
}

type Fields = {
  readonly [Name in keyof AutoencoderKLConfigValues]: ConfigField<AutoencoderKLConfigValues[Name]>;
};

const fields: Fields = {
  inChannels: integerField(3),
  outChannels: integerField(3),
  downBlockTypes: listField(stringField(""), ["DownEncoderBlock2D"]),
  upBlockTypes: listField(stringField(""), ["UpDecoderBlock2D"]),
  blockOutChannels: listField(integerField(0), [64]),
  layersPerBlock: integerField(1),
  actFn: enumField(["silu", "swish", "mish", "gelu", "relu"], "silu"),
  latentChannels: integerField(4),
  normNumGroups: integerField(32),
  sampleSize: integerField(32),
  scalingFactor: floatField(new PythonFloat(0.18215)),
  shiftFactor: nullableField(floatField(0)),
  latentsMean: nullableField(listField(floatField(0), [])),
  latentsStd: nullableField(listField(floatField(0), [])),
  forceUpcast: booleanField(true),
  useQuantConv: booleanField(true),
  usePostQuantConv: booleanField(true),
  midBlockAddAttention: booleanField(true),
};

/** The configuration of an AutoencoderKL, camelCase, frozen. */
export type AutoencoderKLConfig = Config<AutoencoderKLConfigValues>;

/** Maximum layers of the encoder or the decoder, so that a malicious config cannot exhaust memory. */
const maximumLayers = 1000;

/** Reads and writes `vae/config.json` (diffusers `models/autoencoders/autoencoder_kl.py`). */
class AutoencoderKLConfigSchema extends ConfigSchema<Fields> {
  protected override check(source: string, config: AutoencoderKLConfigValues): void {
    const { blockOutChannels, downBlockTypes, upBlockTypes, layersPerBlock, scalingFactor } = config;
    const lengths = [blockOutChannels, downBlockTypes, upBlockTypes].map(({ length }) => length);
    if (lengths[0] === 0 || new Set(lengths).size > 1) {
      throw new InvalidConfigError({
        subject: `${source}: block_out_channels, down_block_types, up_block_types`,
        found: `lists of ${lengths.join(", ")} entries`,
        expected: "one entry for each block in all of them",
        remedy: "Correct the file.",
      });
    }
    if (!Number.isFinite(scalingFactor) || scalingFactor === 0) {
      throw new InvalidConfigError({
        subject: `${source}: scaling_factor`,
        found: `${scalingFactor}`,
        expected: "a number other than 0, as latents are divided by it",
        remedy: "Set it to what the model was trained with: 0.18215 for Stable Diffusion, 0.13025 for XL.",
      });
    }
    const counts = { layers_per_block: layersPerBlock, norm_num_groups: config.normNumGroups };
    for (const [name, value] of Object.entries({ ...counts, latent_channels: config.latentChannels })) {
      if (value >= 1 && value * blockOutChannels.length <= maximumLayers * 64) continue;
      throw new InvalidConfigError({
        subject: `${source}: ${name}`,
        found: `${value}`,
        expected: "a number above 0, and no more than a network of this size has",
        remedy: "Correct the file.",
      });
    }
  }
}

/** See {@link AutoencoderKLConfigSchema}. */
export const autoencoderKLConfigSchema: ConfigSchema<Fields> = new AutoencoderKLConfigSchema(
  "AutoencoderKL",
  fields,
);
