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

/** The fields of diffusers' `AutoencoderTiny`, in camelCase. */
export interface AutoencoderTinyConfigValues {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels of each stage of the encoder. */
  readonly encoderBlockOutChannels: readonly number[];
  /** Channels of each stage of the decoder. */
  readonly decoderBlockOutChannels: readonly number[];
  readonly actFn: ActivationName;
  readonly latentChannels: number;
  /** The decoder's channels again, as diffusers writes them for pipelines. */
  readonly blockOutChannels: readonly number[] | null;
  readonly upsampleFn: string;
  /** Upsampling factor of each decoder stage. */
  readonly upsamplingScalingFactor: number;
  /** Blocks in each stage of the encoder. */
  readonly numEncoderBlocks: readonly number[];
  /** Blocks in each stage of the decoder. */
  readonly numDecoderBlocks: readonly number[];
  /** Maximum magnitude of latents stored as bytes. */
  readonly latentMagnitude: number;
  readonly latentShift: number;
  readonly forceUpcast: boolean;
  /** 1: the UNet's latents are used unscaled. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
}

type Fields = {
  readonly [Name in keyof AutoencoderTinyConfigValues]: ConfigField<AutoencoderTinyConfigValues[Name]>;
};

const count = integerField(0);

const fields: Fields = {
  inChannels: integerField(3),
  outChannels: integerField(3),
  encoderBlockOutChannels: listField(count, [64, 64, 64, 64]),
  decoderBlockOutChannels: listField(count, [64, 64, 64, 64]),
  actFn: enumField(["silu", "swish", "mish", "gelu", "relu"], "relu"),
  latentChannels: integerField(4),
  blockOutChannels: nullableField(listField(count, [])),
  upsampleFn: stringField("nearest"),
  upsamplingScalingFactor: integerField(2),
  numEncoderBlocks: listField(count, [1, 3, 3, 3]),
  numDecoderBlocks: listField(count, [3, 3, 3, 1]),
  latentMagnitude: floatField(3),
  latentShift: floatField(new PythonFloat(0.5)),
  forceUpcast: booleanField(false),
  scalingFactor: floatField(new PythonFloat(1)),
  shiftFactor: floatField(new PythonFloat(0)),
};

/** The configuration of an AutoencoderTiny, camelCase, frozen. */
export type AutoencoderTinyConfig = Config<AutoencoderTinyConfigValues>;

const maximumBlocks = 1000;

/** Reads and writes the config (diffusers `models/autoencoders/autoencoder_tiny.py`). */
class AutoencoderTinyConfigSchema extends ConfigSchema<Fields> {
  protected override check(source: string, config: AutoencoderTinyConfigValues): void {
    for (const [channels, blocks] of [
      ["encoder_block_out_channels", "num_encoder_blocks"],
      ["decoder_block_out_channels", "num_decoder_blocks"],
    ] as const) {
      const isEncoder = channels.startsWith("encoder");
      const lists = isEncoder
        ? [config.encoderBlockOutChannels, config.numEncoderBlocks]
        : [config.decoderBlockOutChannels, config.numDecoderBlocks];
      const [first = [], second = []] = lists;
      const isCounted = [...first, ...second].every((value) => value >= 1 && value <= maximumBlocks);
      if (first.length >= 1 && first.length === second.length && isCounted) continue;
      throw new InvalidConfigError({
        subject: `${source}: ${channels} and ${blocks}`,
        found: `[${first.join(", ")}] and [${second.join(", ")}]`,
        expected: "numbers above 0, one for each stage in both",
        remedy: "Correct the file.",
      });
    }
  }
}

/** See {@link AutoencoderTinyConfigSchema}. */
export const autoencoderTinyConfigSchema: ConfigSchema<Fields> = new AutoencoderTinyConfigSchema(
  "AutoencoderTiny",
  fields,
);
