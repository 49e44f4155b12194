import { readGenerateRequest } from "./image-options.ts";
import { type OptionDefinition, type ParsedArguments, UsageError } from "./parse-arguments.ts";
import { parseCount, parseInteger, parseNumber } from "./parse-values.ts";

/** Options for text-to-image models, in every command that accepts one. */
export const promptOptions: readonly OptionDefinition[] = [
  {
    name: "prompt",
    short: "p",
    value: "text",
    repeatable: true,
    allowsEmpty: true,
    description: "For text-to-image models: what the image shows. Repeat it for several prompts",
  },
  {
    name: "negative-prompt",
    value: "text",
    repeatable: true,
    allowsEmpty: true,
    description:
      "For text-to-image models: what the image does not show: one for all prompts, or one for each",
  },
  {
    name: "guidance-scale",
    value: "number",
    description:
      "For text-to-image models: how closely the image follows the prompt (default: that of diffusers: 8.5 for a latent consistency model, 7.5 for Stable Diffusion, 5 for XL). Turbo models need 0",
  },
  {
    name: "clip-skip",
    value: "count",
    description:
      "For text-to-image models: how many of the text encoder's last layers to leave out (default: 0). Other programs count from 1",
  },
  {
    name: "lora",
    value: "source[:weight]",
    repeatable: true,
    description:
      "For text-to-image models: a LoRA adapter on the Hub, in a folder, in a file or at a URL, and its weight (default: 1). Repeat it for several",
  },
];

/** Image size of a text-to-image model. */
export const sizeOptions: readonly OptionDefinition[] = [
  {
    name: "width",
    value: "pixels",
    description: "For text-to-image models: width of the image, a multiple of 8 (default: the model's own)",
  },
  {
    name: "height",
    value: "pixels",
    description: "For text-to-image models: height of the image, a multiple of 8 (default: the model's own)",
  },
];

/** Strength of an edit with a prompt. */
export const strengthOption: OptionDefinition = {
  name: "strength",
  value: "number",
  description:
    "For text-to-image models: how much of the image is changed, 0 to 1 (default: that of diffusers: 0.8, or 1 with a mask; 0.3 for XL without a mask)",
};

/** The images of an edit, if the model is given without `--model`. */
export const imageOption: OptionDefinition = {
  name: "image",
  value: "file",
  completes: "file",
  repeatable: true,
  description: "An image to edit; the argument of the command is then the model",
};

/** A LoRA adapter and its weight. */
export interface LoraRequest {
  readonly source: string;
  readonly weight: number;
}

/** A parsed text-to-image request. */
export interface PromptRequest {
  readonly prompts: readonly string[];
  readonly negativePrompts: readonly string[];
  readonly guidanceScale: number | undefined;
  readonly clipSkip: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly strength: number | undefined;
  readonly loras: readonly LoraRequest[];
  /** One for each image. */
  readonly seeds: readonly bigint[];
  readonly isSeedDrawn: boolean;
  readonly numInferenceSteps: number | undefined;
  readonly timesteps: readonly number[] | undefined;
  readonly imagesPerPrompt: number;
  readonly out: string | undefined;
  readonly gridColumns: number | undefined;
  readonly scale: number | undefined;
  readonly threads: number | undefined;
  readonly hasMetadata: boolean;
}

const promptFlags = [...promptOptions, ...sizeOptions].map(({ name }) => name);
const classFlags = ["class-label", "id2label"] as const;

/**
 * Reads the options for text-to-image models.
 *
 * @returns `undefined` if there is no prompt.
 * @throws UsageError if a value is wrong, or flags contradict each other.
 */
export function readPromptRequest(parsed: ParsedArguments): PromptRequest | undefined {
  const number = (name: string): number | undefined => {
    const text = parsed.text(name);
    return text === undefined ? undefined : parseNumber(name, text);
  };
  const size = (name: string): number | undefined => {
    const text = parsed.text(name);
    return text === undefined ? undefined : parseCount(name, text);
  };
  const clipSkip = parsed.text("clip-skip");
  const loras = parsed.texts("lora").map(parseLora);
  const numbers = {
    guidanceScale: number("guidance-scale"),
    clipSkip: clipSkip === undefined ? undefined : parseInteger("clip-skip", clipSkip),
    strength: number("strength"),
    width: size("width"),
    height: size("height"),
  };
  const prompts = parsed.texts("prompt");
  const negativePrompts = parsed.texts("negative-prompt");
  const shared = readGenerateRequest(parsed);
  if (prompts.length === 0) return undefined;
  const [classFlag] = classFlags.filter((name) => parsed.has(name));
  if (classFlag !== undefined) {
    throw new UsageError(
      `--prompt and --${classFlag} exclude each other: text-to-image models take a prompt, class-conditional models a class.`,
    );
  }
  if (negativePrompts.length > 1 && negativePrompts.length !== prompts.length) {
    throw new UsageError(
      `--negative-prompt: found ${negativePrompts.length} of them for ${prompts.length} ${prompts.length === 1 ? "prompt" : "prompts"}, expected one for all, or one per prompt.`,
    );
  }
  const { seeds, isSeedDrawn, numInferenceSteps, timesteps, out, gridColumns, scale, threads, hasMetadata } =
    shared;
  const perPrompt = parsed.has("batch-size")
    ? shared.batchSize
    : Math.max(1, Math.ceil(seeds.length / prompts.length));
  return {
    ...numbers,
    ...{
      prompts,
      negativePrompts,
      loras,
      isSeedDrawn,
      numInferenceSteps,
      timesteps,
      out,
      gridColumns,
      scale,
      threads,
      hasMetadata,
    },
    seeds: spreadSeeds(seeds, prompts.length * perPrompt),
    imagesPerPrompt: perPrompt,
  };
}

/** @throws UsageError if a flag for text-to-image models is given for another kind of model. */
export function refusePromptOptions(parsed: ParsedArguments, model: string, className: string): void {
  const given = promptFlags.find((name) => parsed.has(name));
  if (given === undefined) return;
  throw new UsageError(
    `--${given}: ${model} is a ${className}, which takes no prompt. Leave it out, or name a text-to-image model.`,
  );
}

/** @throws UsageError if a flag for class-conditional models is given for a text-to-image model, or the prompt is missing. */
export function requirePrompt(
  parsed: ParsedArguments,
  request: PromptRequest | undefined,
  { model, className }: { readonly model: string; readonly className: string },
): PromptRequest {
  const given = [...classFlags, "resize-mode"].find((name) => parsed.has(name));
  if (given !== undefined) {
    throw new UsageError(
      `--${given}: ${model} is a ${className}, a text-to-image model. Leave it out, and say what the image shows with --prompt.`,
    );
  }
  if (request !== undefined) return request;
  throw new UsageError(
    `--prompt is missing: ${model} is a ${className}, a text-to-image model. Say what the image shows, as in --prompt "a red fox".`,
  );
}

/** One seed per image, counting up from a single one, so that each image can be reproduced alone. */
function spreadSeeds(seeds: readonly bigint[], count: number): readonly bigint[] {
  const [first = 0n] = seeds;
  if (seeds.length === 1) {
    const wrap = first < 0n ? (seed: bigint) => seed : (seed: bigint) => BigInt.asUintN(64, seed);
    return Array.from({ length: count }, (_, index) => wrap(first + BigInt(index)));
  }
  if (seeds.length === count) return seeds;
  throw new UsageError(
    `--seed: found ${seeds.length} of them for ${count} ${count === 1 ? "image" : "images"}, expected one per image, or the first of them.`,
  );
}

/** `owner/name:0.8`. A colon before a port or a Windows path is part of the source. */
function parseLora(text: string): LoraRequest {
  const [, source = text, weight] = /^(.+):([^:/\\]*)$/.exec(text) ?? [];
  const isWhole = weight === undefined || /^https?$|^https?:\/\/[^/]*$|^[a-z]$/i.test(source);
  if (isWhole) return { source: text, weight: 1 };
  return { source, weight: parseNumber("lora", weight) };
}
