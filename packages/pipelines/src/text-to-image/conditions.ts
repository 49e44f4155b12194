import { Tensor } from "@onestep/core";
import { type AdapterSnapshot, type AddedConditions, guidanceScaleEmbedding } from "@onestep/models";
import type { ConditionalUNet, PromptTokenizer, TextEncoder } from "./components.ts";
import { checkTokens, encodePrompt, readPrompts, type TextEncoding, tokensOf } from "./encode-prompt.ts";
import { guide } from "./latent-run.ts";
import { checkNumbers, type PromptRunOptions } from "./options.ts";

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** Predicts from latents scaled by the scheduler, including guidance. */
export type LatentPredictor = (latents: Tensor<"float32">, timestep: number) => Promise<Tensor<"float32">>;

/** The conditioning of a run, validated but not yet computed. */
export interface Conditions {
  /** The number of images. */
  readonly batch: number;
  /**
   * Encodes the prompts.
   *
   * @param size - The size of the images.
   * @returns The conditioned model. `extra` is concatenated to the latents: masks and masked images, [images, channels,
   * …].
   */
  encode(size: Size): Promise<(extra?: Tensor<"float32">) => LatentPredictor>;
}

/** The guidance of a run. */
export interface Guidance {
  readonly scale: number;
  readonly rescale: number;
  /** Whether to also run the model without the prompt. */
  readonly isGuided: boolean;
}

/**
 * Resolves the guidance of a run: distilled models, whose UNet embeds the scale, do not run twice.
 *
 * @param fallback - The default of `guidanceScale`.
 */
export function guidanceOf(
  { guidanceScale: scale, guidanceRescale: rescale = 0 }: PromptRunOptions,
  unet: ConditionalUNet,
  fallback: number,
): Guidance {
  const used = scale ?? fallback;
  return { scale: used, rescale, isGuided: used > 1 && unet.config.timeCondProjDim === null };
}

/** The input of {@link readConditions}. */
export interface Conditioning {
  readonly tokenizer: PromptTokenizer;
  readonly textEncoder: TextEncoder;
  readonly unet: ConditionalUNet;
  readonly guidance: Guidance;
  readonly warnOnce: TextEncoding["warnOnce"];
}

/**
 * Prepares the conditioning of a Stable Diffusion 1 or 2 run: one text encoder, and guidance.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export function readConditions(
  options: PromptRunOptions,
  { tokenizer, textEncoder, unet, guidance, warnOnce }: Conditioning,
): Conditions {
  checkNumbers(options, textEncoder.config.numHiddenLayers);
  const prompts = readPrompts(options, unet.config.crossAttentionDim as number);
  const { isGuided } = guidance;
  if (isGuided) checkTokens(options, tokensOf({ tokenizer, textEncoder }));
  const { adapterSnapshot: adapters } = unet;
  const { adapterSnapshot: textAdapters } = textEncoder;
  return {
    batch: prompts.count * prompts.imagesPerPrompt,
    async encode() {
      const encoder = { tokenizer, textEncoder, adapters: textAdapters, warnOnce };
      const encoded = await encodePrompt(prompts, { ...options, isGuided }, encoder);
      const { promptEmbeds, negativePromptEmbeds: negative } = encoded;
      const embeds = negative === undefined ? promptEmbeds : Tensor.concat([negative, promptEmbeds]);
      const loraScale = options.crossAttentionKwargs?.scale;
      return predictorOf(unet, embeds, guidance, { loraScale, adapters, signal: options.signal });
    },
  };
}

/**
 * Binds prompts and guidance to the model.
 *
 * @param embeds - Embeddings of the negative prompts (if the run is guided), then of the prompts; one row per image.
 */
export function predictorOf(
  unet: ConditionalUNet,
  embeds: Tensor<"float32">,
  { scale, rescale, isGuided }: Guidance,
  options: {
    readonly addedCondKwargs?: AddedConditions | undefined;
    readonly loraScale?: number | undefined;
    readonly adapters?: AdapterSnapshot | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): (extra?: Tensor<"float32">) => LatentPredictor {
  const { timeCondProjDim } = unet.config;
  const [rows = 0] = embeds.shape;
  const both = (tensor: Tensor<"float32">): Tensor<"float32"> =>
    isGuided ? Tensor.concat([tensor, tensor]) : tensor;
  const timestepCond = timeCondProjDim === null ? undefined : scaleEmbeddings(scale, rows, timeCondProjDim);
  return (extra) => async (latents, timestep) => {
    const { sample } = await unet.forward({
      sample: both(extra === undefined ? latents : concatChannels(latents, extra)),
      timestep,
      encoderHiddenStates: embeds,
      ...(timestepCond === undefined ? {} : { timestepCond }),
      ...options,
    });
    return isGuided ? guide(sample, scale, rescale) : sample;
  };
}

/** The guidance scale embedding of each image. */
function scaleEmbeddings(scale: number, images: number, width: number): Tensor<"float32"> {
  const rows = guidanceScaleEmbedding(new Array<number>(images).fill(scale), width);
  return new Tensor("float32", rows, [images, width]);
}

/** Concatenates two batches of images along the channels. */
export function concatChannels(left: Tensor<"float32">, right: Tensor<"float32">): Tensor<"float32"> {
  const [batch = 0, leftChannels = 0, height = 0, width = 0] = left.shape;
  const [, rightChannels = 0] = right.shape;
  const [leftSize, rightSize] = [leftChannels * height * width, rightChannels * height * width];
  const data = new Float32Array(batch * (leftSize + rightSize));
  for (let item = 0; item < batch; item += 1) {
    const start = item * (leftSize + rightSize);
    data.set(left.data.subarray(item * leftSize, (item + 1) * leftSize), start);
    data.set(right.data.subarray(item * rightSize, (item + 1) * rightSize), start + leftSize);
  }
  return new Tensor("float32", data, [batch, leftChannels + rightChannels, height, width]);
}
