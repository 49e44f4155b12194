import {
  type Config,
  type ConfigField,
  ConfigSchema,
  enumField,
  floatField,
  InvalidConfigError,
  integerField,
  PythonFloat,
} from "@onestep/core";
import { isJsonObject, readConfigRecord } from "@onestep/core/internal";

/** The field of transformers' `CLIPConfig` that a safety checker uses besides `vision_config`. */
export interface SafetyCheckerConfigValues {
  /** Width of image embeddings and concepts. */
  readonly projectionDim: number;
}

/** The fields of transformers' `CLIPVisionConfig` that define the network. */
export interface CLIPVisionConfigValues {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numChannels: number;
  /** Height and width of the images. */
  readonly imageSize: number;
  /** Height and width of a patch. */
  readonly patchSize: number;
  readonly hiddenAct: "quick_gelu" | "gelu";
  readonly layerNormEps: number;
}

type Fields<Values> = { readonly [Name in keyof Values]: ConfigField<Values[Name]> };

/** A config of transformers has many fields that do not affect the network. */
class TransformersSchema<Values> extends ConfigSchema<Fields<Values>> {
  protected override warnOfUnknown(): void {}
}

class SafetyCheckerConfigSchema extends TransformersSchema<SafetyCheckerConfigValues> {
  protected override check(source: string, { projectionDim }: SafetyCheckerConfigValues): void {
    requireRange(source, { projectionDim });
  }
}

class CLIPVisionConfigSchema extends TransformersSchema<CLIPVisionConfigValues> {
  protected override check(source: string, config: CLIPVisionConfigValues): void {
    const { hiddenAct: _, layerNormEps, ...counts } = config;
    requireRange(source, counts);
    const { hiddenSize, numAttentionHeads: heads, imageSize, patchSize, numHiddenLayers } = config;
    const wrong =
      hiddenSize % heads !== 0
        ? `num_attention_heads ${heads} for a hidden_size of ${hiddenSize}`
        : imageSize % patchSize !== 0
          ? `patch_size ${patchSize} for an image_size of ${imageSize}`
          : numHiddenLayers > 200
            ? `num_hidden_layers ${numHiddenLayers}`
            : undefined;
    if (wrong === undefined) return;
    throw new InvalidConfigError({
      subject: source,
      found: wrong,
      expected: "divisors, and at most 200 layers",
      remedy: "Check that the file is the config of a safety checker.",
    });
  }
}

function requireRange(source: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value >= 1 && value <= 1_000_000) continue;
    throw new InvalidConfigError({
      subject: `${source}: ${name}`,
      found: `${value}`,
      expected: "a number from 1 to 1000000",
      remedy: "Check that the file is the config of a safety checker.",
    });
  }
}

/** The configuration of a safety checker, camelCase, frozen. */
export type SafetyCheckerConfig = Config<SafetyCheckerConfigValues>;

/** Reads and writes `safety_checker/config.json` (transformers `models/clip/configuration_clip.py`, `CLIPConfig`). */
export const safetyCheckerConfigSchema: ConfigSchema<Fields<SafetyCheckerConfigValues>> =
  new SafetyCheckerConfigSchema("StableDiffusionSafetyChecker", { projectionDim: integerField(512) });

const visionSchema = new CLIPVisionConfigSchema("CLIPVisionModel", {
  hiddenSize: integerField(768),
  intermediateSize: integerField(3072),
  numHiddenLayers: integerField(12),
  numAttentionHeads: integerField(12),
  numChannels: integerField(3),
  imageSize: integerField(224),
  patchSize: integerField(32),
  hiddenAct: enumField(["quick_gelu", "gelu"], "quick_gelu"),
  layerNormEps: floatField(new PythonFloat(1e-5)),
});

/**
 * The vision part of a config.
 *
 * @throws InvalidConfigError if a field is invalid.
 */
export function visionConfigOf(config: object): CLIPVisionConfigValues {
  const entry = readConfigRecord(config)?.entries.get("vision_config") ?? {};
  return visionSchema.fromJson(isJsonObject(entry) ? entry : {}, "vision_config of the safety checker");
}
