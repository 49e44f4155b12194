import { InvalidArgumentError, type Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { GenerateOptions, StepEndEvent } from "../sampling/generate-options.ts";

/** The output formats of a latent pipeline's `generate`. */
export type LatentOutputType = "image" | "tensor" | "latent";

/** What {@link TextToImageOptions.onStepEnd} may return to change the run. */
export interface StepChanges {
  /** Latents to continue with instead of the event's. */
  readonly latents?: Tensor<"float32"> | undefined;
  /** Whether to skip the remaining steps and decode these latents. */
  readonly interrupt?: boolean | undefined;
}

/** The argument of {@link TextToImageOptions.onStepEnd}. */
export interface LatentStepEndEvent extends StepEndEvent {
  /** The latents after the step, [batch, channels, height, width]; the same as `sample`. */
  readonly latents: Tensor<"float32">;
}

/** The `generate` options of every pipeline with a prompt. */
export interface TextToImageOptions<Output extends LatentOutputType = LatentOutputType>
  extends Omit<GenerateOptions, "outputType" | "onStepEnd"> {
  /** What to generate: one text, or one per image. */
  readonly prompt?: string | readonly string[] | undefined;
  /** Precomputed prompt embeddings to use instead of `prompt`, [prompts, tokens, width]. */
  readonly promptEmbeds?: Tensor<"float32"> | undefined;
  /** The number of images per prompt; 1 by default. They are adjacent in the result. */
  readonly numImagesPerPrompt?: number | undefined;
  /** How closely the image follows the prompt. */
  readonly guidanceScale?: number | undefined;
  /** How many of the text encoder's last layers to skip; 0 by default. (Other programs count from 1.) */
  readonly clipSkip?: number | undefined;
  /** `scale`: multiplier for the weights of all LoRA adapters in this call; 1 by default. */
  readonly crossAttentionKwargs?: { readonly scale?: number | undefined } | undefined;
  /** In pixels, a multiple of 8 for most models; by default the size the model was trained on. */
  readonly height?: number | undefined;
  readonly width?: number | undefined;
  /**
   * `"image"` (default) for RasterImages, `"tensor"` for float32 [batch, channels, height, width] in [0, 1], `"latent"`
   * for the undecoded latents.
   */
  readonly outputType?: Output | undefined;
  /** Called after every step; a returned promise is awaited, and the result may change the run. */
  readonly onStepEnd?:
    | ((
        event: LatentStepEndEvent,
      ) => undefined | StepChanges | Promise<undefined | StepChanges> | void | Promise<void>)
    | undefined;
}

/** Options of pipelines with a negative prompt (classifier-free guidance; Ho and Salimans, 2022). */
export interface GuidedOptions {
  /** What to avoid: one text, or one per prompt. Ignored if `guidanceScale` is at most 1. */
  readonly negativePrompt?: string | readonly string[] | undefined;
  /** Precomputed embeddings to use instead of `negativePrompt`. */
  readonly negativePromptEmbeds?: Tensor<"float32"> | undefined;
  /** Rescales guided predictions towards the prompt's standard deviation, 0 to 1 (Lin et al., 2023, section 3.4). */
  readonly guidanceRescale?: number | undefined;
  /** Noise levels instead of `numInferenceSteps`, for schedulers that support them. */
  readonly sigmas?: readonly number[] | undefined;
  /** How much noise DDIM and TCD add at each step, 0 (default) to 1. */
  readonly eta?: number | undefined;
}

/** The names of the options of every pipeline with a prompt. */
export const promptOptionNames: OptionNames<Omit<TextToImageOptions, "height" | "width" | "latents">> = {
  prompt: true,
  promptEmbeds: true,
  numImagesPerPrompt: true,
  guidanceScale: true,
  clipSkip: true,
  crossAttentionKwargs: true,
  numInferenceSteps: true,
  timesteps: true,
  generator: true,
  seed: true,
  outputType: true,
  onStepEnd: true,
  onProgress: true,
  signal: true,
};

/** The names of the options of pipelines that start from noise. */
export const noiseOptionNames: OptionNames<Pick<TextToImageOptions, "height" | "width" | "latents">> = {
  height: true,
  width: true,
  latents: true,
};

/** The names of {@link GuidedOptions}. */
export const guidedOptionNames: OptionNames<GuidedOptions> = {
  negativePrompt: true,
  negativePromptEmbeds: true,
  guidanceRescale: true,
  sigmas: true,
  eta: true,
};

/** Any option of a pipeline with a prompt. */
export type PromptRunOptions = TextToImageOptions &
  GuidedOptions & {
    readonly strength?: number | undefined;
    readonly originalInferenceSteps?: number | undefined;
  };

/**
 * Validates the numeric options.
 *
 * @throws InvalidArgumentError if one is out of range.
 */
export function checkNumbers(options: PromptRunOptions, layers: number): void {
  const { numImagesPerPrompt, guidanceScale, guidanceRescale, clipSkip, eta, strength } = options;
  requireNumber("numImagesPerPrompt", numImagesPerPrompt, {
    expected: "a whole number of at least 1",
    accepts: (value) => Number.isInteger(value) && value >= 1 && value <= 4096,
  });
  requireNumber("crossAttentionKwargs.scale", options.crossAttentionKwargs?.scale, {
    expected: "a finite number",
    accepts: Number.isFinite,
  });
  requireNumber("guidanceScale", guidanceScale, { expected: "a finite number", accepts: Number.isFinite });
  const fraction = {
    expected: "a number from 0 to 1",
    accepts: (value: number) => value >= 0 && value <= 1,
  };
  requireNumber("guidanceRescale", guidanceRescale, fraction);
  requireNumber("eta", eta, fraction);
  requireNumber("strength", strength, fraction);
  requireNumber("clipSkip", clipSkip, {
    expected: `a whole number from 0 to ${layers - 1}: the text encoder has ${layers} layers`,
    accepts: (value) => Number.isInteger(value) && value >= 0 && value < layers,
  });
}

function requireNumber(
  subject: string,
  value: unknown,
  { expected, accepts }: { readonly expected: string; readonly accepts: (value: number) => boolean },
): void {
  if (value === undefined || (typeof value === "number" && accepts(value))) return;
  throw new InvalidArgumentError({
    subject,
    found: describeValue(value),
    expected,
    remedy: `Leave \`${subject}\` out for its default.`,
  });
}

/**
 * The size of the images.
 *
 * @param factor - Height and width must be multiples of it.
 * @throws InvalidArgumentError if they are not.
 */
export function resolveSize(
  { height, width }: Pick<TextToImageOptions, "height" | "width">,
  fallback: { readonly height: number; readonly width: number },
  factor: number,
): { readonly height: number; readonly width: number } {
  const size = { height: height ?? fallback.height, width: width ?? fallback.width };
  for (const [subject, value] of Object.entries(size)) {
    if (Number.isInteger(value) && value >= factor && value % factor === 0 && value <= maximumSize) continue;
    const isPositive = Number.isInteger(value) && value >= 1 && value <= maximumSize;
    const near = isPositive ? Math.max(factor, Math.round(value / factor) * factor) : undefined;
    throw new InvalidArgumentError({
      subject,
      found: describeValue(value),
      expected: `a multiple of ${factor} from ${factor} to ${maximumSize}`,
      remedy: near === undefined ? "Pass whole pixels." : `The nearest is ${near}.`,
    });
  }
  return size;
}

/** Beyond this size, attention alone would take hours. */
const maximumSize = 16_384;
