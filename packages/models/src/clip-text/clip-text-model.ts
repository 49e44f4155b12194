import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { AdaptableModel, type AdapterSnapshot } from "../adaptable-model.ts";
import { transformersNames } from "../checkpoint/weights-file-names.ts";
import type { ModelDefinition } from "../definition.ts";
import type { ModelLoader } from "../model.ts";

import {
  type CLIPTextConfigValues,
  clipTextConfigSchema,
  clipTextWithProjectionConfigSchema,
} from "./clip-text-config.ts";
import { defineCLIPTextModel } from "./define-clip-text-model.ts";

/** Options of {@link CLIPTextModel.forward}. */
export interface CLIPTextModelForwardOptions {
  /** Token ids: one list per text, all of the same length, at most `maxPositionEmbeddings`. */
  readonly inputIds: readonly (readonly number[])[];
  /**
   * Which hidden state to return, as an index of transformers' `hidden_states`: −1 (default) is the last layer's, −2 the
   * second-to-last layer's, 0 the embeddings.
   */
  readonly layer?: number | undefined;
  /**
   * Embeddings of tokens with ids beyond the vocabulary, ordered by id, [added, `hiddenSize`]: used by textual inversion.
   */
  readonly addedEmbeddings?: Tensor<"float32"> | undefined;
  /** Multiplies the weights of all adapters; 1 by default. */
  readonly loraScale?: number | undefined;
  /** The adapters to use; by default those of the moment of the call. */
  readonly adapters?: AdapterSnapshot | undefined;
  /** Aborting rejects immediately. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link CLIPTextModel.forward} returns. */
export interface CLIPTextModelOutput {
  /** The hidden state of the layer, after the last norm, [texts, tokens, `hiddenSize`]: transformers' `last_hidden_state`. */
  readonly lastHiddenState: Tensor<"float32">;
  /** The same before the norm. */
  readonly hiddenState: Tensor<"float32">;
  /** The last layer's vector at the end of each text, after the norm, [texts, `hiddenSize`]. */
  readonly poolerOutput: Tensor<"float32">;
  /** Its projection, [texts, `projectionDim`]; only for models with a projection. */
  readonly textEmbeds?: Tensor<"float32"> | undefined;
}

function definitionOf(
  className: string,
  schema: typeof clipTextConfigSchema,
  hasProjection: boolean,
): ModelDefinition<CLIPTextConfigValues> {
  return {
    className,
    configSchema: schema,
    define: (scope, config) => defineCLIPTextModel(scope, config, { hasProjection }),
    weightsNames: transformersNames,
    // Transformers 5 saves a CLIPTextModel without the prefix of earlier versions.
    rename: (name) => (/^(embeddings|encoder|final_layer_norm)\./.test(name) ? `text_model.${name}` : name),
    ignores: (name) => name.endsWith("embeddings.position_ids") || (!hasProjection && name === projection),
    fieldsOf: () => ["hidden_size", "num_attention_heads"],
  };
}

const projection = "text_projection.weight";

/**
 * CLIP's text encoder (Radford et al., 2021), used by Stable Diffusion to encode prompts; transformers' `CLIPTextModel`.
 *
 * @example
 * const encoder = await CLIPTextModel.fromPretrained("SimianLuo/LCM_Dreamshaper_v7", { subfolder: "text_encoder" });
 * const { lastHiddenState } = await encoder.forward({
 *   inputIds: [tokenizer.encodePadded("a lighthouse").inputIds],
 * });
 */
export class CLIPTextModel extends AdaptableModel<CLIPTextConfigValues> {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<CLIPTextModel>;
  static readonly library: string = "transformers";
  static readonly definition: ModelDefinition<CLIPTextConfigValues> = definitionOf(
    "CLIPTextModel",
    clipTextConfigSchema,
    false,
  );

  /**
   * Encodes texts.
   *
   * @throws InvalidArgumentError if ids, their number or the layer do not fit the configuration.
   * @throws DisposedError after {@link CLIPTextModel.dispose}.
   */
  async forward(options: CLIPTextModelForwardOptions): Promise<CLIPTextModelOutput> {
    this.requireLoaded();
    const inputs = forwardInputs(this.config, options);
    const outputs = await this.run(inputs, {
      extension: this.extension(options.loraScale, options.adapters),
      signal: options.signal,
    });
    const output = (name: string): Tensor<"float32"> => outputs[name] as Tensor<"float32">;
    return {
      lastHiddenState: output("normed_hidden_state"),
      hiddenState: output("hidden_state"),
      poolerOutput: output("pooled"),
      ...(outputs["text_embeds"] === undefined ? {} : { textEmbeds: output("text_embeds") }),
    };
  }
}

/**
 * A {@link CLIPTextModel} with a projection to the joint text–image space; used by Stable Diffusion XL.
 *
 * @example
 * await using model = await CLIPTextModelWithProjection.fromPretrained("stabilityai/sdxl-turbo", {
 *   subfolder: "text_encoder_2",
 * });
 */
export class CLIPTextModelWithProjection extends CLIPTextModel {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<CLIPTextModelWithProjection>;
  static override readonly definition: ModelDefinition<CLIPTextConfigValues> = definitionOf(
    "CLIPTextModelWithProjection",
    clipTextWithProjectionConfigSchema,
    true,
  );
}

/**
 * The inputs of the graph.
 *
 * @throws InvalidArgumentError if ids, their number or the layer do not fit the configuration.
 */
function forwardInputs(
  config: CLIPTextConfigValues,
  { inputIds, layer = -1, addedEmbeddings }: CLIPTextModelForwardOptions,
): Record<string, Tensor> {
  const { vocabSize, hiddenSize, numHiddenLayers } = config;
  const added = checkAddedEmbeddings(hiddenSize, addedEmbeddings);
  const addedCount = addedEmbeddings === undefined ? 0 : (added.shape[0] ?? 0);
  const tokens = checkInputIds(inputIds, config, vocabSize + addedCount);
  const index = layer < 0 ? numHiddenLayers + 1 + layer : layer;
  if (!Number.isInteger(layer) || index < 0 || index > numHiddenLayers) {
    throw new InvalidArgumentError({
      subject: "layer",
      found: describeValue(layer),
      expected: `an integer from ${-numHiddenLayers - 1} to ${numHiddenLayers}`,
      remedy: `The text encoder has ${numHiddenLayers} layers.`,
    });
  }
  const batch = inputIds.length;
  const ids = inputIds.flat();
  const shape = [batch, tokens];
  const isAdded = ids.map((id) => Number(id >= vocabSize));
  return {
    input_ids: integers(
      ids.map((id) => (id < vocabSize ? id : 0)),
      shape,
    ),
    added_ids: integers(
      ids.map((id) => Math.max(0, id - vocabSize)),
      shape,
    ),
    is_added: new Tensor("float32", Float32Array.from(isAdded), [...shape, 1]),
    added_embeddings: added,
    position_ids: integers(
      Array.from({ length: tokens }, (_, position) => position),
      [tokens],
    ),
    layer: integers([index], [1]),
    pooled_positions: integers(
      inputIds.map((row, text) => text * tokens + pooledPosition(config, row)),
      [batch],
    ),
  };
}

/**
 * The position of a text's pooled vector. If the config says 2, as all published ones do, it is the largest id: the end of
 * text, unless tokens were added. Otherwise it is the first token of that id (transformers `modeling_clip.py`).
 */
function pooledPosition({ eosTokenId }: CLIPTextConfigValues, ids: readonly number[]): number {
  if (eosTokenId === 2 || eosTokenId === null)
    return ids.indexOf(ids.reduce((most, id) => Math.max(most, id)));
  return Math.max(0, ids.indexOf(eosTokenId));
}

/** @returns The number of tokens of each text. */
function checkInputIds(inputIds: unknown, config: CLIPTextConfigValues, count: number): number {
  const { maxPositionEmbeddings } = config;
  const texts: readonly unknown[] = Array.isArray(inputIds) ? inputIds : [];
  const [first] = texts;
  const tokens = Array.isArray(first) ? first.length : 0;
  const isId = (id: unknown): boolean =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < count;
  const fits = texts.every((ids) => Array.isArray(ids) && ids.length === tokens && ids.every(isId));
  if (tokens >= 1 && tokens <= maxPositionEmbeddings && fits) return tokens;
  throw new InvalidArgumentError({
    subject: "inputIds",
    found: describeValue(inputIds),
    expected: `lists of one length, 1 to ${maxPositionEmbeddings}, of integers from 0 to ${count - 1}`,
    remedy: "Pass what the tokenizer of the text encoder returns.",
  });
}

/** The added embeddings, or an unused row of zeros. */
function checkAddedEmbeddings(width: number, added: Tensor<"float32"> | undefined): Tensor<"float32"> {
  if (added === undefined) return Tensor.zeros([1, width]);
  const [rows = 0, columns, ...rest] = added.shape;
  if (rows >= 1 && columns === width && rest.length === 0 && added.dtype === "float32") return added;
  throw new InvalidArgumentError({
    subject: "addedEmbeddings",
    found: added.describe(),
    expected: `float32 [added, ${width}]`,
    remedy: "The text encoder is of that width; load embeddings that were trained for it.",
  });
}

function integers(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
}
