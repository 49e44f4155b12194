import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import type { AdapterSnapshot } from "@onestep/models";
import type { PromptTokenizer, TextEncoder } from "./components.ts";
import { requireFiniteNumbers } from "./latent-images.ts";
import type { GuidedOptions, TextToImageOptions } from "./options.ts";

/** The prompt options. */
export type PromptOptions = Pick<
  TextToImageOptions & GuidedOptions,
  | "prompt"
  | "promptEmbeds"
  | "negativePrompt"
  | "negativePromptEmbeds"
  | "numImagesPerPrompt"
  | "clipSkip"
  | "crossAttentionKwargs"
>;

/** Validated prompts and their counts. */
export interface Prompts {
  /** The texts; undefined if embeddings are given. */
  readonly texts: readonly string[] | undefined;
  /** The negative texts, one per prompt; undefined if absent or given as embeddings. */
  readonly negativeTexts: readonly string[] | undefined;
  /** The number of prompts. */
  readonly count: number;
  /** The number of images per prompt. */
  readonly imagesPerPrompt: number;
}

/**
 * Validates the prompts before any computation.
 *
 * @param width - The width of the embeddings.
 * @throws InvalidArgumentError if there is no prompt, or two options conflict.
 */
export function readPrompts(options: PromptOptions, width: number): Prompts {
  const { promptEmbeds, negativePromptEmbeds, numImagesPerPrompt: imagesPerPrompt = 1 } = options;
  const texts = readTexts("prompt", options.prompt);
  const negative = readTexts("negativePrompt", options.negativePrompt);
  if ((texts === undefined) === (promptEmbeds === undefined)) {
    throw new InvalidArgumentError({
      subject: "prompt",
      found: texts === undefined ? "neither a prompt nor promptEmbeds" : "both a prompt and promptEmbeds",
      expected: "one of the two",
      remedy: texts === undefined ? "Pass a `prompt`: what the image shows." : "Leave one of them out.",
    });
  }
  if (negative !== undefined && negativePromptEmbeds !== undefined) {
    throw new InvalidArgumentError({
      subject: "negativePrompt",
      found: "both a negativePrompt and negativePromptEmbeds",
      expected: "one of the two, or none",
      remedy: "Leave one of them out.",
    });
  }
  const count = texts?.length ?? requireEmbeddings("promptEmbeds", promptEmbeds, width);
  if (negativePromptEmbeds !== undefined) {
    const negativeCount = requireEmbeddings("negativePromptEmbeds", negativePromptEmbeds, width);
    const fits = negativeCount === count || negativeCount === 1;
    const isSame = promptEmbeds === undefined || promptEmbeds.shape[1] === negativePromptEmbeds.shape[1];
    if (!fits || !isSame) {
      throw new InvalidArgumentError({
        subject: "negativePromptEmbeds",
        found: negativePromptEmbeds.describe(),
        expected: `float32 [${count}, ${promptEmbeds?.shape[1] ?? "tokens"}, ${width}], as those of the prompt`,
        remedy: "Encode both prompts to as many tokens.",
      });
    }
  }
  const negativeTexts = negative && spreadTexts(negative, count);
  return { texts, negativeTexts, count, imagesPerPrompt };
}

function readTexts(subject: string, given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (texts.length >= 1 && texts.every((text) => typeof text === "string")) return texts;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(given),
    expected: "a text, or a list of texts",
    remedy: "Pass what the image shows in words.",
  });
}

function spreadTexts(texts: readonly string[], count: number): readonly string[] {
  if (texts.length === count) return texts;
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return new Array<string>(count).fill(only);
  throw new InvalidArgumentError({
    subject: "negativePrompt",
    found: `${texts.length} texts`,
    expected: `1 for all prompts, or ${count}, one for each`,
    remedy: "Pass one negative prompt, or one per prompt.",
  });
}

function requireEmbeddings(subject: string, value: Tensor<"float32"> | undefined, width: number): number {
  const [count = 0, tokens = 0, found, ...rest] = value?.shape ?? [];
  const isFloat = value?.dtype === "float32";
  if (isFloat && count >= 1 && tokens >= 1 && found === width && rest.length === 0) {
    requireFiniteEmbeddings(subject, value);
    return count;
  }
  throw new InvalidArgumentError({
    subject,
    found: value?.dtype === undefined ? describeValue(value) : value.describe(),
    expected: `float32 [prompts, tokens, ${width}]`,
    remedy: "Pass embeddings computed by this model's text encoder.",
  });
}

/** @throws InvalidArgumentError if a number is not finite. */
export function requireFiniteEmbeddings(subject: string, { data }: Tensor<"float32">): void {
  const wrong = data.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return;
  throw new InvalidArgumentError({
    subject,
    found: `${wrong} among the numbers`,
    expected: "finite numbers",
    remedy: "Pass embeddings computed by this model's text encoder.",
  });
}

/**
 * Checks that the prompts and the negative prompts of a guided run come to equally many tokens.
 *
 * @param tokens - The number of tokens of an encoded text.
 * @throws InvalidArgumentError if they do not.
 */
export function checkTokens({ promptEmbeds, negativePromptEmbeds }: PromptOptions, tokens: number): void {
  const positive = promptEmbeds?.shape[1] ?? tokens;
  const negative = negativePromptEmbeds?.shape[1];
  if (negative === undefined ? positive % tokens === 0 : positive === negative) return;
  if (negative !== undefined) {
    throw new InvalidArgumentError({
      subject: "negativePromptEmbeds",
      found: `${negative} tokens, where the prompt has ${positive}`,
      expected: `${positive} tokens`,
      remedy: "Encode both prompts to as many tokens.",
    });
  }
  throw new InvalidArgumentError({
    subject: "promptEmbeds",
    found: `${positive} tokens, where the negative prompt has ${tokens}`,
    expected: `a multiple of ${tokens} tokens, or negativePromptEmbeds of ${positive}`,
    remedy: "Pass `negativePromptEmbeds` of as many tokens.",
  });
}

/** The input of {@link encodeTexts}. */
export interface TextEncoding {
  readonly tokenizer: PromptTokenizer;
  readonly textEncoder: TextEncoder;
  /** An index of the hidden states, −1 for the last. */
  readonly layer: number;
  /** The option, for warnings. */
  readonly subject: string;
  /** Gives a warning unless one of its kind was given. */
  readonly warnOnce: (kind: string, message: string) => void;
  /** Multiplier for the weights of all adapters. */
  readonly loraScale?: number | undefined;
  readonly adapters?: AdapterSnapshot | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Encodes texts to [texts, tokens, width]; warns about truncated text.
 *
 * @throws ImageError if the text encoder produces non-finite values.
 */
export async function encodeTexts(
  texts: readonly string[],
  { tokenizer, textEncoder, layer, subject, warnOnce, ...run }: TextEncoding,
): ReturnType<TextEncoder["forward"]> {
  const maxLength = tokensOf({ tokenizer, textEncoder });
  const inputIds = texts.map((text) => {
    warnOfSyntax(text, warnOnce);
    const { inputIds: ids, truncatedText } = tokenizer.encodePadded(text, maxLength);
    if (truncatedText !== undefined) {
      warn(
        `${subject}: CLIP reads ${maxLength - 2} tokens, and the text has more. This is cut off: ${JSON.stringify(shorten(truncatedText))}`,
        "prompt",
      );
    }
    return ids;
  });
  const { addedEmbeddings } = tokenizer;
  const output = await textEncoder.forward({ inputIds, layer, addedEmbeddings, ...run });
  const states = [output.lastHiddenState, output.hiddenState, output.textEmbeds];
  for (const state of states) {
    if (state !== undefined) requireFiniteNumbers("textEncoder", "what it encodes", state, textEncoder);
  }
  return output;
}

/** The number of tokens of a text, padding included. */
export function tokensOf({
  tokenizer,
  textEncoder,
}: Pick<TextEncoding, "tokenizer" | "textEncoder">): number {
  const { maxPositionEmbeddings } = textEncoder.config;
  return Math.min(tokenizer.config.modelMaxLength ?? maxPositionEmbeddings, maxPositionEmbeddings);
}

const shownCharacters = 500;

function shorten(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
}

/** Warns about the prompt syntax of other programs: here, as in diffusers, it is plain text. */
function warnOfSyntax(text: string, warnOnce: TextEncoding["warnOnce"]): void {
  const lora = /<lora:[^<>]*>/i.exec(text)?.[0];
  if (lora !== undefined) {
    warnOnce(
      "lora",
      `prompt: ${shorten(lora)} is text here, which changes the image and loads nothing. Load a LoRA with \`pipe.loadLoraWeights\`.`,
    );
  }
  const weighted = /\([^()]*[\p{L}][^()]*:\s*\d+(\.\d+)?\)/u.exec(text)?.[0];
  if (weighted !== undefined) {
    warnOnce(
      "weight",
      `prompt: ${shorten(weighted)} is text here, and weighs nothing. To weigh words, pass \`promptEmbeds\` of your own.`,
    );
  }
}

/** Encoded prompts, one row per image. */
export interface EncodedPrompt {
  /** [images, tokens, width] */
  readonly promptEmbeds: Tensor<"float32">;
  /** The same for the negative prompt; undefined without guidance. */
  readonly negativePromptEmbeds: Tensor<"float32"> | undefined;
}

/**
 * Encodes prompts for Stable Diffusion 1 and 2; diffusers' `encode_prompt`. `clipSkip` applies only to the prompt: all
 * layers encode the negative prompt.
 */
export async function encodePrompt(
  { texts, negativeTexts, count, imagesPerPrompt }: Prompts,
  options: PromptOptions & { readonly isGuided: boolean; readonly signal?: AbortSignal | undefined },
  encoder: Pick<TextEncoding, "tokenizer" | "textEncoder" | "adapters" | "warnOnce">,
): Promise<EncodedPrompt> {
  const { clipSkip = 0, isGuided, signal } = options;
  const encode = async (some: readonly string[], subject: string, layer: number) => {
    const loraScale = options.crossAttentionKwargs?.scale;
    const encoding = { ...encoder, layer, subject, loraScale, signal };
    return (await encodeTexts(some, encoding)).lastHiddenState;
  };
  const embeds = options.promptEmbeds ?? (await encode(texts ?? [], "prompt", -1 - clipSkip));
  const promptEmbeds = repeatEach(embeds, imagesPerPrompt);
  if (!isGuided) return { promptEmbeds, negativePromptEmbeds: undefined };
  const given = options.negativePromptEmbeds;
  const empty = new Array<string>(count).fill("");
  const negative = given ?? (await encode(negativeTexts ?? empty, "negativePrompt", -1));
  const spread = negative.shape[0] === count ? negative : repeatEach(negative, count);
  const [, tokens = 0] = embeds.shape;
  const [, negativeTokens = 0] = spread.shape;
  if (negativeTokens === tokens) {
    return { promptEmbeds, negativePromptEmbeds: repeatEach(spread, imagesPerPrompt) };
  }
  const padded = padTokens(spread, tokens, await encode(empty, "negativePrompt", -1));
  return { promptEmbeds, negativePromptEmbeds: repeatEach(padded, imagesPerPrompt) };
}

/**
 * Pads embeddings to a length with those of an empty text, for long prompts made of several encodings.
 *
 * @param tokens - A multiple of the tokens of a text, see {@link checkTokens}.
 */
export function padTokens(
  embeds: Tensor<"float32">,
  tokens: number,
  empty: Tensor<"float32">,
): Tensor<"float32"> {
  const [, own = 0] = embeds.shape;
  const missing = (tokens - own) / (empty.shape[1] ?? 1);
  return concatTokens([embeds, ...new Array<Tensor<"float32">>(missing).fill(empty)]);
}

/** Concatenates embeddings. */
function concatTokens(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const [count = 0, , width = 0] = parts[0]?.shape ?? [];
  const tokens = parts.reduce((total, { shape }) => total + (shape[1] ?? 0), 0);
  const data = new Float32Array(count * tokens * width);
  let start = 0;
  for (let row = 0; row < count; row += 1) {
    for (const part of parts) {
      const length = (part.shape[1] ?? 0) * width;
      data.set(part.data.subarray(row * length, (row + 1) * length), start);
      start += length;
    }
  }
  return new Tensor("float32", data, [count, tokens, width]);
}

/** Repeats each item, like `torch.repeat_interleave`. */
export function repeatEach(items: Tensor<"float32">, times: number): Tensor<"float32"> {
  if (times === 1) return items;
  const [count = 0] = items.shape;
  const rows = Array.from({ length: count }, (_, item) => items.slice(item, item + 1));
  return Tensor.concat(rows.flatMap((row) => new Array<typeof row>(times).fill(row)));
}
