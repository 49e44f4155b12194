import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { AdaptableModel, type AdapterSnapshot } from "../adaptable-model.ts";
import type { ModelDefinition } from "../definition.ts";
import { sinusoidalProjection } from "../layers/embeddings.ts";
import type { ModelLoader } from "../model.ts";

import { spread } from "../unet-2d/inputs.ts";
import { checkUNet2DConditionModelConfig } from "./check-unet-2d-condition-model-config.ts";
import { defineUNet2DConditionModel } from "./define-unet-2d-condition-model.ts";
import {
  latentSizeOf,
  type UNet2DConditionModelConfigValues,
  unet2DConditionModelConfigSchema,
} from "./unet-2d-condition-model-config.ts";

/** Stable Diffusion XL's extra conditioning. */
export interface AddedConditions {
  /** The pooled embedding of each text, [batch, width]. */
  readonly textEmbeds: Tensor<"float32">;
  /** Per image: original height and width, crop top and left, target height and width. [batch, 6]. */
  readonly timeIds: Tensor<"float32">;
}

/** Options of {@link UNet2DConditionModel.forward}. */
export interface UNet2DConditionModelForwardOptions {
  /** [batch, `inChannels`, height, width], of any size. Each size gets its own session; the last two are kept. */
  readonly sample: Tensor<"float32">;
  /** One timestep for all, or one per image. */
  readonly timestep: number | ArrayLike<number>;
  /** The embeddings of the text, [batch, tokens, `crossAttentionDim`]. */
  readonly encoderHiddenStates: Tensor<"float32">;
  /** The guidance scale embedding, [batch, `timeCondProjDim`], for models with that field. Zeros by default. */
  readonly timestepCond?: Tensor<"float32"> | undefined;
  /** For models whose `additionEmbedType` is `"text_time"`. */
  readonly addedCondKwargs?: AddedConditions | undefined;
  /** Multiplies the weights of all adapters; 1 by default. */
  readonly loraScale?: number | undefined;
  /** The adapters to use; by default those of the moment of the call. */
  readonly adapters?: AdapterSnapshot | undefined;
  /** Aborting rejects immediately. */
  readonly signal?: AbortSignal | undefined;
}

const definition: ModelDefinition<UNet2DConditionModelConfigValues> = {
  className: "UNet2DConditionModel",
  configSchema: unet2DConditionModelConfigSchema,
  define: defineUNet2DConditionModel,
  checkConfig: checkUNet2DConditionModelConfig,
  symbols: latentSizeOf,
  isOddSize: (config, { height = 0, width = 0 }) => {
    const factor = 2 ** (config.blockOutChannels.length - 1);
    return height % factor !== 0 || width % factor !== 0;
  },
  fieldsOf: (path) => [
    "block_out_channels",
    ...(path.includes("norm") ? ["norm_num_groups"] : []),
    ...(path.includes("attentions") ? ["attention_head_dim", "cross_attention_dim"] : []),
  ],
};

/**
 * A UNet conditioned on a timestep and text embeddings, used by Stable Diffusion and the latent consistency models distilled
 * from it; diffusers' `UNet2DConditionModel`.
 *
 * @example
 * const unet = await UNet2DConditionModel.fromPretrained("SimianLuo/LCM_Dreamshaper_v7", { subfolder: "unet" });
 * const { sample } = await unet.forward({ sample: latents, timestep: 999, encoderHiddenStates: embeddings });
 */
export class UNet2DConditionModel extends AdaptableModel<UNet2DConditionModelConfigValues> {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<UNet2DConditionModel>;
  static readonly definition: ModelDefinition<UNet2DConditionModelConfigValues> = definition;

  /**
   * Predicts from noisy latents.
   *
   * @returns The prediction, [batch, `outChannels`, height, width].
   * @throws InvalidArgumentError if a shape does not fit the configuration.
   * @throws DisposedError after {@link UNet2DConditionModel.dispose}.
   */
  async forward(
    options: UNet2DConditionModelForwardOptions,
  ): Promise<{ readonly sample: Tensor<"float32"> }> {
    this.requireLoaded();
    const inputs = forwardInputs(this.config, options);
    const [, , height = 0, width = 0] = options.sample.shape;
    const { model_output: sample } = await this.run(inputs, {
      symbols: { height, width },
      extension: this.extension(options.loraScale, options.adapters),
      signal: options.signal,
    });
    return { sample: sample as Tensor<"float32"> };
  }
}

/**
 * The inputs of the graph for a forward pass, by name.
 *
 * @throws InvalidArgumentError if a shape does not fit the configuration.
 */
function forwardInputs(
  config: UNet2DConditionModelConfigValues,
  options: UNet2DConditionModelForwardOptions,
): Record<string, Tensor> {
  const { sample, encoderHiddenStates, timestepCond, addedCondKwargs } = options;
  const { inChannels, timeCondProjDim, additionEmbedType } = config;
  const [batch = 0] = requireShape("sample", sample, ["batch", inChannels, "height", "width"]);
  const width = config.crossAttentionDim as number;
  requireShape("encoderHiddenStates", encoderHiddenStates, [batch, "tokens", width]);
  const timesteps = spread("timestep", options.timestep, batch);
  const wrong = timesteps.find((timestep) => !Number.isFinite(timestep));
  if (wrong !== undefined) throw invalid("timestep", describeValue(wrong), "finite numbers");
  const inputs: Record<string, Tensor> = {
    sample,
    timestep: project(config, timesteps, config.blockOutChannels[0] as number),
    encoder_hidden_states: encoderHiddenStates,
  };
  if (timeCondProjDim === null) {
    if (timestepCond !== undefined) throw unwanted("timestepCond", timestepCond, "time_cond_proj_dim");
  } else {
    const condition = timestepCond ?? Tensor.zeros([batch, timeCondProjDim]);
    requireShape("timestepCond", condition, [batch, timeCondProjDim]);
    inputs["timestep_cond"] = condition;
  }
  if (additionEmbedType !== null) inputs["added_cond"] = addedCondition(config, addedCondKwargs, batch);
  else if (addedCondKwargs !== undefined) {
    throw unwanted("addedCondKwargs", addedCondKwargs, "addition_embed_type");
  }
  return inputs;
}

/** The pooled embedding and the projected size values, concatenated. */
function addedCondition(
  config: UNet2DConditionModelConfigValues,
  conditions: AddedConditions | undefined,
  batch: number,
): Tensor<"float32"> {
  const numberWidth = config.additionTimeEmbedDim as number;
  const width = config.projectionClassEmbeddingsInputDim as number;
  const { textEmbeds, timeIds } = conditions ?? {};
  const [, pooledWidth = 0] = requireShape("textEmbeds", textEmbeds, [batch, "width"]);
  const count = (width - pooledWidth) / numberWidth;
  if (!(Number.isInteger(count) && count >= 0)) {
    throw invalid("textEmbeds", textEmbeds?.describe() ?? "none", `a width that leaves numbers of ${width}`);
  }
  requireShape("timeIds", timeIds, [batch, count]);
  const projected = project(config, Array.from((timeIds as Tensor<"float32">).data), numberWidth).data;
  const rows = new Float32Array(batch * width);
  for (let row = 0; row < batch; row += 1) {
    const pooled = (textEmbeds as Tensor<"float32">).data.subarray(
      row * pooledWidth,
      (row + 1) * pooledWidth,
    );
    rows.set(pooled, row * width);
    const numbers = projected.subarray(row * count * numberWidth, (row + 1) * count * numberWidth);
    rows.set(numbers, row * width + pooledWidth);
  }
  return new Tensor("float32", rows, [batch, width]);
}

function project(
  { flipSinToCos, freqShift }: UNet2DConditionModelConfigValues,
  numbers: readonly number[],
  width: number,
): Tensor<"float32"> {
  const rows = sinusoidalProjection(numbers, { width, flipSinToCos, frequencyShift: freqShift });
  return new Tensor("float32", rows, [numbers.length, width]);
}

/** @returns The shape. @throws InvalidArgumentError unless it is float32 of that shape; words match any length. */
function requireShape(
  subject: string,
  value: Tensor<"float32"> | undefined,
  expected: readonly (number | string)[],
): readonly number[] {
  const shape = value?.shape ?? [];
  const fits =
    value?.dtype === "float32" &&
    shape.length === expected.length &&
    expected.every((length, axis) =>
      typeof length === "number" ? shape[axis] === length : (shape[axis] as number) >= 1,
    );
  if (fits) return shape;
  const found = value?.dtype === undefined ? describeValue(value) : value.describe();
  throw invalid(subject, found, `float32 [${expected.join(", ")}]`);
}

function invalid(subject: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found, expected, remedy: "Pass a tensor that fits the model." });
}

function unwanted(subject: string, found: unknown, field: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found: describeValue(found),
    expected: `no ${subject}`,
    remedy: `Leave it out: the model has no ${field}.`,
  });
}
