import {
  type Config,
  type ConfigField,
  ConfigSchema,
  enumField,
  floatField,
  InvalidConfigError,
  integerField,
  nullableField,
  PythonFloat,
} from "@onestep/core";

/** The fields of transformers' `CLIPTextConfig` that define the network, in camelCase. */
export interface CLIPTextConfigValues {
  /** Rows of the token embedding table. */
  readonly vocabSize: number;
  /** Width of the hidden states. */
  readonly hiddenSize: number;
  /** Hidden width of the feed-forward layers. */
  readonly intermediateSize: number;
  /** Width of the projection; only `CLIPTextModelWithProjection` has one. */
  readonly projectionDim: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  /** Maximum tokens of a text: rows of the position embedding table. */
  readonly maxPositionEmbeddings: number;
  /** The activation of the feed-forward layers. `quick_gelu` in Stable Diffusion 1, `gelu` in 2 and in XL's second encoder. */
  readonly hiddenAct: "quick_gelu" | "gelu";
  /** Added to the variance in the norms. */
  readonly layerNormEps: number;
  /** The pooled vector is taken at this token; 2 means the text's largest id, for old files. */
  readonly eosTokenId: number | null;
}

type Fields = {
  readonly [Name in keyof CLIPTextConfigValues]: ConfigField<CLIPTextConfigValues[Name]>;
};

const fields: Fields = {
  vocabSize: integerField(49408),
  hiddenSize: integerField(512),
  intermediateSize: integerField(2048),
  projectionDim: integerField(512),
  numHiddenLayers: integerField(12),
  numAttentionHeads: integerField(8),
  maxPositionEmbeddings: integerField(77),
  hiddenAct: enumField(["quick_gelu", "gelu"], "quick_gelu"),
  layerNormEps: floatField(new PythonFloat(1e-5)),
  eosTokenId: nullableField(integerField(49407), 49407),
};

/** The configuration of a CLIP text encoder, camelCase, frozen. */
export type CLIPTextConfig = Config<CLIPTextConfigValues>;

/**
 * Reads and writes `text_encoder/config.json` (transformers `models/clip/configuration_clip.py`). Other fields
 * are kept. The class name is in `architectures`, unlike diffusers' `_class_name`.
 */
class CLIPTextConfigSchema extends ConfigSchema<Fields> {
  /** A transformers config has many fields that do not affect the network. */
  protected override warnOfUnknown(): void {}

  protected override check(source: string, config: CLIPTextConfigValues): void {
    for (const name of ["vocabSize", "hiddenSize", "numHiddenLayers", "maxPositionEmbeddings"] as const) {
      if (config[name] >= 1) continue;
      throw contradiction(source, name, `${config[name]}`, "a number above 0");
    }
    const { hiddenSize, numAttentionHeads: heads, numHiddenLayers } = config;
    if (!(heads >= 1 && hiddenSize % heads === 0)) {
      throw contradiction(
        source,
        "num_attention_heads",
        `${heads}`,
        `a divisor of hidden_size, ${hiddenSize}`,
      );
    }
    if (numHiddenLayers > maximumLayers) {
      throw contradiction(source, "num_hidden_layers", `${numHiddenLayers}`, `at most ${maximumLayers}`);
    }
  }
}

/** Maximum layers (published encoders have 32), so that a malicious config cannot exhaust memory. */
const maximumLayers = 200;

function contradiction(source: string, name: string, found: string, expected: string): InvalidConfigError {
  return new InvalidConfigError({
    subject: `${source}: ${name}`,
    found,
    expected,
    remedy: "Check that the file is the config of a text encoder of CLIP.",
  });
}

/** See {@link CLIPTextConfigSchema}. */
export const clipTextConfigSchema: ConfigSchema<Fields> = new CLIPTextConfigSchema("CLIPTextModel", fields);

/** The same for `CLIPTextModelWithProjection`. */
export const clipTextWithProjectionConfigSchema: ConfigSchema<Fields> = new CLIPTextConfigSchema(
  "CLIPTextModelWithProjection",
  fields,
);
