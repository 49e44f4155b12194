import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { AdapterSnapshot } from "@onestep/models";
import type { ConditionalUNet, PromptTokenizer, TextEncoder } from "./components.ts";
import { type Conditions, type Guidance, predictorOf, type Size } from "./conditions.ts";
import {
  checkTokens,
  encodeTexts,
  type Prompts,
  padTokens,
  readPrompts,
  repeatEach,
  requireFiniteEmbeddings,
  type TextEncoding,
  tokensOf,
} from "./encode-prompt.ts";
import { checkNumbers, type PromptRunOptions } from "./options.ts";

/** Height and width in pixels; or top and left. */
export type Pair = readonly [number, number];

/** Additional options of Stable Diffusion XL pipelines. */
export interface XLOptions {
  /** The prompt for the second text encoder; `prompt` by default. */
  readonly prompt2?: string | readonly string[] | undefined;
  readonly negativePrompt2?: string | readonly string[] | undefined;
  /** The pooled embeddings for `promptEmbeds`, [prompts, width]. */
  readonly pooledPromptEmbeds?: Tensor<"float32"> | undefined;
  readonly negativePooledPromptEmbeds?: Tensor<"float32"> | undefined;
  /** Size conditioning: the original height and width; those of the image by default. */
  readonly originalSize?: Pair | undefined;
  /** Crop conditioning: the top and left of the crop; 0 and 0 by default. */
  readonly cropsCoordsTopLeft?: Pair | undefined;
  /** Size conditioning: the target height and width; those of the image by default. They do not set its size. */
  readonly targetSize?: Pair | undefined;
  readonly negativeOriginalSize?: Pair | undefined;
  readonly negativeCropsCoordsTopLeft?: Pair | undefined;
  readonly negativeTargetSize?: Pair | undefined;
  /** The aesthetic score a refiner is conditioned on, about 1 to 10; 6 by default. */
  readonly aestheticScore?: number | undefined;
  /** 2.5 by default. */
  readonly negativeAestheticScore?: number | undefined;
}

/** The names of {@link XLOptions}. */
export const xlOptionNames: OptionNames<XLOptions> = {
  prompt2: true,
  negativePrompt2: true,
  pooledPromptEmbeds: true,
  negativePooledPromptEmbeds: true,
  originalSize: true,
  cropsCoordsTopLeft: true,
  targetSize: true,
  negativeOriginalSize: true,
  negativeCropsCoordsTopLeft: true,
  negativeTargetSize: true,
  aestheticScore: true,
  negativeAestheticScore: true,
};

/** The input of {@link readXLConditions}. */
export interface XLConditioning {
  /** Null for a refiner, which has only the second. */
  readonly tokenizer: PromptTokenizer | null;
  readonly textEncoder: TextEncoder | null;
  readonly tokenizer2: PromptTokenizer;
  readonly textEncoder2: TextEncoder;
  readonly unet: ConditionalUNet;
  readonly guidance: Guidance;
  readonly warnOnce: TextEncoding["warnOnce"];
  /** Whether zeros replace the embeddings of a missing negative prompt, rather than an encoded empty text. */
  readonly forceZerosForEmptyPrompt: boolean;
  /** Whether the model takes an aesthetic score instead of a target size. */
  readonly requiresAestheticsScore: boolean;
  /** Whether negative sizes and others alternate, row by row. */
  readonly alternatesSizes: boolean;
}

/** Text embeddings and their pooled embeddings. */
interface XLEmbeddings {
  readonly embeds: Tensor<"float32">;
  readonly pooled: Tensor<"float32">;
}

/**
 * Prepares the conditioning of a Stable Diffusion XL run (Podell et al., 2023): two text encoders, a pooled embedding,
 * and size conditioning.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export function readXLConditions(
  options: PromptRunOptions & XLOptions,
  conditioning: XLConditioning,
): Conditions {
  const { unet, guidance, textEncoder2 } = conditioning;
  checkNumbers(options, textEncoder2.config.numHiddenLayers - 1);
  checkPairs(options);
  const prompts = readPrompts(options, unet.config.crossAttentionDim as number);
  const second =
    options.prompt2 === undefined ? prompts : readSecond("prompt2", options.prompt2, prompts.count);
  const negativeSecond =
    options.negativePrompt2 === undefined
      ? undefined
      : readSecond("negativePrompt2", options.negativePrompt2, prompts.count).texts;
  checkPooled(options, prompts);
  checkSecondTexts(options);
  const usesZeros = prompts.negativeTexts === undefined && conditioning.forceZerosForEmptyPrompt;
  if (guidance.isGuided && (options.negativePromptEmbeds !== undefined || !usesZeros)) {
    checkTokens(options, tokensOf({ tokenizer: conditioning.tokenizer2, textEncoder: textEncoder2 }));
  }
  if (usesZeros && negativeSecond !== undefined) {
    warn(
      "negativePrompt2 has no effect without a negativePrompt: zeros take the place of both, as in diffusers.",
      "options",
    );
  }
  const texts = { prompts, second: second.texts, negativeSecond };
  const { adapterSnapshot: adapters } = unet;
  const snapshots = [conditioning.textEncoder?.adapterSnapshot, textEncoder2.adapterSnapshot] as const;
  return {
    batch: prompts.count * prompts.imagesPerPrompt,
    encode: async (size) => {
      const { positive, negative } = await encodePrompts(options, texts, conditioning, snapshots);
      const repeat = (tensor: Tensor<"float32">): Tensor<"float32"> =>
        repeatEach(tensor, prompts.imagesPerPrompt);
      const both = (kind: keyof XLEmbeddings): Tensor<"float32"> =>
        negative === undefined
          ? repeat(positive[kind])
          : Tensor.concat([repeat(negative[kind]), repeat(positive[kind])]);
      const textEmbeds = both("pooled");
      const timeIds = sizeNumbers(options, size, conditioning, textEmbeds);
      const addedCondKwargs = { textEmbeds, timeIds };
      const loraScale = options.crossAttentionKwargs?.scale;
      return predictorOf(unet, both("embeds"), guidance, {
        addedCondKwargs,
        loraScale,
        adapters,
        signal: options.signal,
      });
    },
  };
}

/** The adapters of both text encoders when the run began. */
type EncoderAdapters = readonly [AdapterSnapshot | undefined, AdapterSnapshot | undefined];

async function encodePrompts(
  options: PromptRunOptions & XLOptions,
  texts: {
    readonly prompts: Prompts;
    readonly second: readonly string[] | undefined;
    readonly negativeSecond: readonly string[] | undefined;
  },
  conditioning: XLConditioning,
  adapters: EncoderAdapters,
): Promise<{ readonly positive: XLEmbeddings; readonly negative: XLEmbeddings | undefined }> {
  const { promptEmbeds, pooledPromptEmbeds, negativePromptEmbeds, negativePooledPromptEmbeds } = options;
  const { clipSkip = 0, signal } = options;
  const run = { signal, loraScale: options.crossAttentionKwargs?.scale, adapters };
  const { prompts, second, negativeSecond } = texts;
  const positive =
    promptEmbeds !== undefined && pooledPromptEmbeds !== undefined
      ? { embeds: promptEmbeds, pooled: pooledPromptEmbeds }
      : await encodeBoth("prompt", [prompts.texts ?? [], second ?? []], -2 - clipSkip, conditioning, run);
  if (!conditioning.guidance.isGuided) return { positive, negative: undefined };
  if (negativePromptEmbeds !== undefined && negativePooledPromptEmbeds !== undefined) {
    const spread = (tensor: Tensor<"float32">): Tensor<"float32"> =>
      tensor.shape[0] === prompts.count ? tensor : repeatEach(tensor, prompts.count);
    return {
      positive,
      negative: { embeds: spread(negativePromptEmbeds), pooled: spread(negativePooledPromptEmbeds) },
    };
  }
  if (prompts.negativeTexts === undefined && conditioning.forceZerosForEmptyPrompt) {
    const zeros = {
      embeds: Tensor.zeros(positive.embeds.shape),
      pooled: Tensor.zeros(positive.pooled.shape),
    };
    return { positive, negative: zeros };
  }
  const first = prompts.negativeTexts ?? new Array<string>(prompts.count).fill("");
  const negative = await encodeBoth(
    "negativePrompt",
    [first, negativeSecond ?? first],
    -2,
    conditioning,
    run,
  );
  const tokens = positive.embeds.shape[1] ?? 0;
  if (negative.embeds.shape[1] === tokens) return { positive, negative };
  const empty = new Array<string>(prompts.count).fill("");
  const padding = await encodeBoth("negativePrompt", [empty, empty], -2, conditioning, run);
  return { positive, negative: { ...negative, embeds: padTokens(negative.embeds, tokens, padding.embeds) } };
}

/** The concatenated embeddings of both text encoders; the pooled embedding is the second's. */
async function encodeBoth(
  subject: string,
  [first, second]: readonly [readonly string[], readonly string[]],
  layer: number,
  { tokenizer, textEncoder, tokenizer2, textEncoder2, warnOnce }: XLConditioning,
  {
    adapters: [firstAdapters, secondAdapters],
    ...run
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly loraScale?: number | undefined;
    readonly adapters: EncoderAdapters;
  },
): Promise<XLEmbeddings> {
  const encoding = { layer, subject, warnOnce, ...run };
  const states: Tensor<"float32">[] = [];
  if (tokenizer !== null && textEncoder !== null) {
    const { hiddenState } = await encodeTexts(first, {
      ...{ ...encoding, tokenizer, textEncoder },
      adapters: firstAdapters,
    });
    states.push(hiddenState);
  }
  // A refiner has only the second encoder, and encodes the first prompt with it.
  const own = states.length === 0 ? first : second;
  const { hiddenState, textEmbeds } = await encodeTexts(own, {
    ...encoding,
    tokenizer: tokenizer2,
    textEncoder: textEncoder2,
    adapters: secondAdapters,
  });
  states.push(hiddenState);
  if (textEmbeds === undefined) {
    throw new InvalidArgumentError({
      subject: "textEncoder2",
      found: "a text encoder without a projection",
      expected: "a CLIPTextModelWithProjection",
      remedy: "Load the one of the repository.",
    });
  }
  return { embeds: concatWidths(states), pooled: textEmbeds };
}

/** Concatenates embeddings with equal token counts along their width. */
function concatWidths(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const [first] = parts as [Tensor<"float32">];
  if (parts.length === 1) return first;
  const [count = 0, tokens = 0] = first.shape;
  const width = parts.reduce((total, { shape }) => total + (shape[2] ?? 0), 0);
  const data = new Float32Array(count * tokens * width);
  for (let row = 0; row < count * tokens; row += 1) {
    let start = row * width;
    for (const { data: source, shape } of parts) {
      const own = shape[2] ?? 0;
      data.set(source.subarray(row * own, (row + 1) * own), start);
      start += own;
    }
  }
  return new Tensor("float32", data, [count, tokens, width]);
}

/**
 * The size conditioning of each image: that of the negative prompts first, if the run is guided.
 *
 * With other negative sizes and several images, diffusers' text-to-image pipeline repeats the pair, so the rows
 * alternate but the embeddings do not. This is a bug, reproduced here to match its images (`alternatesSizes`).
 */
function sizeNumbers(
  options: XLOptions,
  size: Size,
  { unet, guidance, requiresAestheticsScore, alternatesSizes }: XLConditioning,
  textEmbeds: Tensor<"float32">,
): Tensor<"float32"> {
  const own: Pair = [size.height, size.width];
  const { originalSize = own, cropsCoordsTopLeft = [0, 0], targetSize = own } = options;
  const { negativeOriginalSize, negativeTargetSize, negativeCropsCoordsTopLeft = [0, 0] } = options;
  const last = requiresAestheticsScore ? [options.aestheticScore ?? 6] : targetSize;
  const positive = [...originalSize, ...cropsCoordsTopLeft, ...last];
  const hasNegative = negativeOriginalSize !== undefined && negativeTargetSize !== undefined;
  const negative = requiresAestheticsScore
    ? [
        ...(negativeOriginalSize ?? originalSize),
        ...negativeCropsCoordsTopLeft,
        options.negativeAestheticScore ?? 2.5,
      ]
    : hasNegative
      ? [...negativeOriginalSize, ...negativeCropsCoordsTopLeft, ...negativeTargetSize]
      : positive;
  const [rows = 0, pooledWidth = 0] = textEmbeds.shape;
  const { additionTimeEmbedDim, projectionClassEmbeddingsInputDim } = unet.config;
  const found = pooledWidth + positive.length * (additionTimeEmbedDim ?? 0);
  if (found !== projectionClassEmbeddingsInputDim) {
    throw new InvalidArgumentError({
      subject: "unet and textEncoder2",
      found: `a pooled embedding and ${positive.length} numbers of ${found} in all`,
      expected: `${projectionClassEmbeddingsInputDim}, projection_class_embeddings_input_dim of the UNet`,
      remedy: "Load a UNet and a text encoder that belong together; a refiner is run from image to image.",
    });
  }
  const count = guidance.isGuided ? rows / 2 : rows;
  const repeat = (numbers: readonly (readonly number[])[]): readonly (readonly number[])[] =>
    Array.from({ length: count }, () => numbers).flat();
  const pair = guidance.isGuided ? [negative, positive] : [positive];
  const all = alternatesSizes ? repeat(pair) : pair.flatMap((numbers) => repeat([numbers]));
  return new Tensor("float32", Float32Array.from(all.flat()), [rows, positive.length]);
}

function readSecond(subject: string, given: unknown, count: number): { readonly texts: readonly string[] } {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isText = texts.every((text): text is string => typeof text === "string");
  if (isText && texts.length === count) return { texts };
  const [only] = texts;
  if (isText && texts.length === 1) return { texts: new Array<string>(count).fill(only as string) };
  throw new InvalidArgumentError({
    subject,
    found: describeValue(given),
    expected: `a text, or a list of ${count}, one for each prompt`,
    remedy: `Leave \`${subject}\` out for that of the first text encoder.`,
  });
}

function checkPooled(options: PromptRunOptions & XLOptions, { count }: Prompts): void {
  for (const [subject, pooled, embeds] of [
    ["pooledPromptEmbeds", options.pooledPromptEmbeds, options.promptEmbeds],
    ["negativePooledPromptEmbeds", options.negativePooledPromptEmbeds, options.negativePromptEmbeds],
  ] as const) {
    if (pooled === undefined && embeds === undefined) continue;
    const fits = pooled?.dtype === "float32" && pooled.shape.length === 2;
    const [rows] = pooled?.shape ?? [];
    if (embeds !== undefined && fits && (rows === count || (subject.startsWith("negative") && rows === 1))) {
      requireFiniteEmbeddings(subject, pooled);
      continue;
    }
    throw new InvalidArgumentError({
      subject,
      found: pooled?.dtype === undefined ? describeValue(pooled) : pooled.describe(),
      expected:
        embeds === undefined
          ? `no ${subject} without embeddings`
          : `float32 [${count}, width], with the embeddings of the prompts`,
      remedy: "Pass both kinds of embeddings, or a text.",
    });
  }
}

/** @throws InvalidArgumentError if a text for the second encoder is given beside embeddings, which replace it. */
function checkSecondTexts(options: PromptRunOptions & XLOptions): void {
  for (const [subject, text, name, embeds] of [
    ["prompt2", options.prompt2, "promptEmbeds", options.promptEmbeds],
    ["negativePrompt2", options.negativePrompt2, "negativePromptEmbeds", options.negativePromptEmbeds],
  ] as const) {
    if (text === undefined || embeds === undefined) continue;
    throw new InvalidArgumentError({
      subject,
      found: `both a ${subject} and ${name}`,
      expected: "one of the two",
      remedy: `Leave \`${subject}\` out: the embeddings are those of both text encoders.`,
    });
  }
}

const pairs = [
  "originalSize",
  "cropsCoordsTopLeft",
  "targetSize",
  "negativeOriginalSize",
  "negativeCropsCoordsTopLeft",
  "negativeTargetSize",
] as const;

function checkPairs(options: XLOptions): void {
  for (const subject of pairs) {
    const pair: unknown = options[subject];
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((value) => Number.isFinite(value));
    if (pair === undefined || isPair) continue;
    throw new InvalidArgumentError({
      subject,
      found: describeValue(pair),
      expected: subject.includes("Crops") || subject.startsWith("crops") ? "[top, left]" : "[height, width]",
      remedy: "Pass two numbers of pixels.",
    });
  }
}
