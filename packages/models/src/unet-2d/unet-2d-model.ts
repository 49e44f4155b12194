import type { Tensor } from "@onestep/core";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
import {
  type FileLocation,
  type OpenRepositoryOptions,
  openFile,
  openRepositoryOptionNames,
} from "@onestep/hub";
import { defineModel, type ExpectedWeight, listWeights, type ModelDefinition } from "../definition.ts";
import { planLoad, type RunOptions, runOptionNames, startModel, stopAtMisfits } from "../load-model.ts";
import { Model, type ModelLoader } from "../model.ts";
import {
  type OpenSingleFileOptions,
  openSingleFile,
  openSingleFileOptionNames,
} from "../single-file/open-single-file.ts";
import { downBlockTypes, findBlockType, upBlockTypes } from "./blocks.ts";
import { checkUNet2DModelConfig } from "./check-unet-2d-model-config.ts";
import { defineUNet2DModel } from "./define-unet-2d-model.ts";
import type { ClassLabels } from "./inputs.ts";
import { forwardInputs } from "./inputs.ts";
import { compareInStateDict } from "./state-dict-order.ts";
import { unet2DGraphNames } from "./time-embedding.ts";
import {
  completeUNet2DModelConfig,
  isOlderUNet2DModelConfig,
  sampleSizeOf,
  type UNet2DModelConfigValues,
  unet2DModelConfigSchema,
} from "./unet-2d-model-config.ts";

/** Options of {@link UNet2DModel.fromSingleFile}. */
export interface LoadSingleFileOptions extends RunOptions, OpenSingleFileOptions {}

/** The names of the options of {@link UNet2DModel.fromSingleFile}. */
export const loadSingleFileOptionNames: OptionNames<LoadSingleFileOptions & OpenRepositoryOptions> = {
  ...openRepositoryOptionNames,
  ...runOptionNames,
  ...openSingleFileOptionNames,
};

/** Options of {@link UNet2DModel.forward}. */
export interface UNet2DModelForwardOptions {
  /**
   * [batch, in channels, height, width]. Fastest at the config's size. Another size must be a multiple of 2 to the number of
   * halvings and gets its own session, which costs time and memory once, until the model is disposed.
   */
  readonly sample: Tensor<"float32">;
  /**
   * One timestep for all, or one per image. Fractions are kept (Python truncates a bare float to an integer). Must be
   * above 0 for a Fourier embedding, and an integer from 0 to `numTrainTimesteps - 1` for a learned embedding.
   */
  readonly timestep: number | ArrayLike<number>;
  /**
   * One class for all, or one per image, each from 0 to `numClassEmbeds - 1`. For class-conditional models only. If
   * `classEmbedType` is `"timestep"`, numbers to embed like timesteps; if it is `"identity"`, embeddings, [batch or 1,
   * width of the time embedding].
   */
  readonly classLabels?: ClassLabels | undefined;
  /** Aborting rejects immediately. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link UNet2DModel.forward} returns. */
export interface UNet2DModelOutput {
  /** The prediction, [batch, out channels, height, width]. */
  readonly sample: Tensor<"float32">;
}

const definition: ModelDefinition<UNet2DModelConfigValues> = {
  className: "UNet2DModel",
  configSchema: unet2DModelConfigSchema,
  define: defineUNet2DModel,
  checkConfig: checkUNet2DModelConfig,
  symbols: sampleSizeOf,
  fieldsOf,
  isIncomplete: isOlderUNet2DModelConfig,
  completeConfig: completeUNet2DModelConfig,
  compareNames: compareInStateDict,
  // Names of the attention layers before diffusers 0.12.
  formerNames: { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" },
};

/**
 * A UNet that predicts a same-sized image from a noisy image and a timestep; diffusers' `UNet2DModel`.
 *
 * @example
 * await using model = await UNet2DModel.fromPretrained("google/ddpm-cat-256");
 * const { sample } = await model.forward({ sample: noise, timestep: 999 });
 */
export class UNet2DModel extends Model<UNet2DModelConfigValues> {
  /** Loads the model; see {@link Model.fromPretrained}. */
  declare static readonly fromPretrained: ModelLoader<UNet2DModel>;
  static readonly definition: ModelDefinition<UNet2DModelConfigValues> = definition;

  /**
   * Loads an original checkpoint of openai/consistency_models (`cd_imagenet64_l2.pt`, `ct_bedroom256.pt`,
   * `edm_cat256_ema.pt`), a state dict in torch's format or in safetensors. The architecture is inferred from the
   * arrays and checked against the file name. {@link UNet2DModel.savePretrained} then writes it in diffusers' layout.
   *
   * @param source - A path, a URL, the URL of a file's page on the Hub, or a `File` of a browser.
   * @throws HubError if the file cannot be fetched.
   * @throws CheckpointError if it is damaged; UnsafePickleError if it contains more than weights.
   * @throws InvalidConfigError if the arrays do not form such a network, or not the one the name claims.
   * @throws InvalidArgumentError if the architecture is not a published one and `sampleSize` or `attentionHeadDim` is
   * missing, an option is unknown, or one contradicts the arrays.
   */
  static async fromSingleFile(
    source: FileLocation,
    options: LoadSingleFileOptions & OpenRepositoryOptions = {},
  ): Promise<UNet2DModel> {
    requireKnownOptions("UNet2DModel.fromSingleFile", options, loadSingleFileOptionNames);
    const { signal, onProgress } = options;
    const plan = await planLoad(options);
    const file = await openFile(source, {
      ...pickOptions<OpenRepositoryOptions>(options, openRepositoryOptionNames),
      onProgress: stopAtMisfits(onProgress, plan),
    });
    const { sampleSize, attentionHeadDim, numClassEmbeds, useNewAttentionOrder, stateDictKey } = options;
    const network = { sampleSize, attentionHeadDim, numClassEmbeds, useNewAttentionOrder, stateDictKey };
    const { config, checkpoint } = await openSingleFile(file, { ...network, signal, onProgress });
    return new UNet2DModel(
      await startModel(definition, { name: file.path, config, found: checkpoint }, plan),
    );
  }

  /**
   * Predicts from a noisy image and a timestep.
   *
   * @throws InvalidArgumentError if shape, timesteps or labels do not fit the configuration.
   * @throws DisposedError after {@link UNet2DModel.dispose}.
   */
  async forward(options: UNet2DModelForwardOptions): Promise<UNet2DModelOutput> {
    this.requireLoaded();
    const inputs = forwardInputs(this.config, options);
    const [, , height = 0, width = 0] = options.sample.shape;
    const outputs = await this.run(inputs, { symbols: { height, width }, signal: options.signal });
    return { sample: outputs[unet2DGraphNames.modelOutput] as Tensor<"float32"> };
  }
}

/**
 * All weights of a model of this configuration, in graph order.
 *
 * @throws InvalidConfigError, UnsupportedError if the configuration contradicts itself or uses an unsupported part.
 */
export function listUNet2DModelWeights(config: UNet2DModelConfigValues): readonly ExpectedWeight[] {
  return listWeights(defineModel(definition, config));
}

/** The fields of `config.json` that determine a part of the network. */
function fieldsOf(path: string, config: UNet2DModelConfigValues): readonly string[] {
  const [, way, position = ""] = /^(down|up)_blocks\.(\d+)/.exec(path) ?? [];
  const last = config.blockOutChannels.length - 1;
  const block = way === "down" ? Number(position) : last - Number(position);
  const isEnd = path === "" || path.startsWith("conv_");
  const types = way === "down" ? config.downBlockTypes : config.upBlockTypes;
  const type = findBlockType(way === "down" ? downBlockTypes : upBlockTypes, types[Number(position)] ?? "");
  const hasGroups = path.includes("norm") && (way === undefined || type?.family === "plain");
  const isMiddleNorm = path.startsWith("mid_block.attentions") && config.attnNormNumGroups !== null;
  return [
    `block_out_channels[${isEnd ? 0 : block}]`,
    ...(way === undefined ? [] : [`${way}_block_types[${position}]`]),
    ...(hasGroups ? [isMiddleNorm ? "attn_norm_num_groups" : "norm_num_groups"] : []),
    ...(path.includes("attentions") ? ["attention_head_dim"] : []),
    ...(path.includes("downsamplers") ? ["downsample_padding"] : []),
  ];
}
