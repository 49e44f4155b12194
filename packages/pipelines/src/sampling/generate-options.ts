import { type Generator, InvalidArgumentError, type ProgressListener, type Tensor } from "@onestep/core";
import { describeValue, type OptionNames, requireKnownOptions } from "@onestep/core/internal";

/** What a pipeline's `generate` can return. */
export type OutputType = "image" | "tensor";

/** The argument of {@link GenerateOptions.onStepEnd}. */
export interface StepEndEvent {
  /** Steps done before this one. */
  readonly step: number;
  /** Steps in all. */
  readonly totalSteps: number;
  /** The timestep of this step, one of the scheduler's. */
  readonly timestep: number;
  /** The sample after the step, [batch, channels, height, width], in the range of the model's images. */
  readonly sample: Tensor<"float32">;
}

/** Options of `generate` that every pipeline has. All optional. */
export interface GenerateOptions<Output extends OutputType = OutputType> {
  /** How many steps; without it the `defaultInferenceSteps` of the pipeline's class. */
  readonly numInferenceSteps?: number | undefined;
  /** Explicit steps in place of `numInferenceSteps`, descending, for schedulers that take them. */
  readonly timesteps?: readonly number[] | undefined;
  /** Where random numbers come from: one generator for all images, or one per image. */
  readonly generator?: Generator | readonly Generator[] | undefined;
  /** Short for `generator: new TorchGenerator(seed)`. */
  readonly seed?: number | bigint | undefined;
  /** The noise to start from, of variance 1, [batch, channels, height, width]. */
  readonly latents?: Tensor<"float32"> | undefined;
  /** `"image"` (default) for RasterImages, `"tensor"` for float32 [batch, channels, height, width] in [0, 1]. */
  readonly outputType?: Output | undefined;
  /** Called after every step; a promise it returns is waited for. */
  readonly onStepEnd?: ((event: StepEndEvent) => void | Promise<void>) | undefined;
  /** Receives a `step-end` event after every step. */
  readonly onProgress?: ProgressListener | undefined;
  /** An abort rejects at once with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of {@link GenerateOptions}. */
export const generateOptionNames: OptionNames<GenerateOptions> = {
  numInferenceSteps: true,
  timesteps: true,
  generator: true,
  seed: true,
  latents: true,
  outputType: true,
  onStepEnd: true,
  onProgress: true,
  signal: true,
};

/** Options that a pipeline calls, and what they have to be. */
const callbacks = ["onStepEnd", "onProgress"] as const;

/**
 * Normalises the options of `generate`: null means that an option is left out, as `None` does in Python.
 *
 * @param pipeline - The class of the pipeline, for messages.
 * @param names - The options that it has.
 * @throws InvalidArgumentError unless they are an object with options of the pipeline alone, callbacks are functions, and the signal is an AbortSignal.
 */
export function readOptions<Options extends object>(
  options: Options,
  pipeline: string,
  names: Readonly<Record<string, true>>,
): Options {
  const given = options ?? {};
  requireKnownOptions(`${pipeline}.generate`, given, names);
  const entries = Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== null);
  const { signal, ...read } = Object.fromEntries(entries);
  for (const name of callbacks) {
    if (read[name] === undefined || typeof read[name] === "function") continue;
    throw invalid(name, read[name], "a function", "Pass a function, or leave it out.");
  }
  if (signal !== undefined && !(typeof signal === "object" && "throwIfAborted" in (signal as object))) {
    throw invalid("signal", signal, "an AbortSignal", "Pass `controller.signal` of an AbortController.");
  }
  return { ...read, signal } as unknown as Options;
}

function invalid(subject: string, found: unknown, expected: string, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found: describeValue(found), expected, remedy });
}
