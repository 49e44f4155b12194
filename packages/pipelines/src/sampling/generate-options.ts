import { type Generator, InvalidArgumentError, type ProgressListener, type Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";

/** The output formats of a pipeline's `generate`. */
export type OutputType = "image" | "tensor";

/** The argument of {@link GenerateOptions.onStepEnd}. */
export interface StepEndEvent {
  /** The number of steps before this one. */
  readonly step: number;
  /** The total number of steps. */
  readonly totalSteps: number;
  /** The timestep of this step, one of the scheduler's. */
  readonly timestep: number;
  /** The sample after the step, [batch, channels, height, width], in the range of the model's images. */
  readonly sample: Tensor<"float32">;
  /**
   * The prediction of the final sample made at this step, same shape as `sample`: a preview without the remaining noise.
   * `undefined` if the scheduler makes none.
   */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** Options of `generate` that every pipeline has. All optional. */
export interface GenerateOptions<Output extends OutputType = OutputType> {
  /** The number of steps. Defaults to the pipeline class's `defaultInferenceSteps`. */
  readonly numInferenceSteps?: number | undefined;
  /** Explicit descending timesteps instead of `numInferenceSteps`, for schedulers that support them. */
  readonly timesteps?: readonly number[] | undefined;
  /** The random number generator: one for all images, or one per image. */
  readonly generator?: Generator | readonly Generator[] | undefined;
  /** Short for `generator: new TorchGenerator(seed)`. */
  readonly seed?: number | bigint | undefined;
  /** The noise to start from, of variance 1, [batch, channels, height, width]. */
  readonly latents?: Tensor<"float32"> | undefined;
  /** `"image"` (default) for RasterImages, `"tensor"` for float32 [batch, channels, height, width] in [0, 1]. */
  readonly outputType?: Output | undefined;
  /** Called after every step; a returned promise is awaited. */
  readonly onStepEnd?: ((event: StepEndEvent) => void | Promise<void>) | undefined;
  /** Receives a `step-end` event after every step. */
  readonly onProgress?: ProgressListener | undefined;
  /** Aborting rejects immediately with the signal's reason. */
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

/** Options the pipeline calls, and their required shape. */
const callbacks = ["onStepEnd", "onProgress"] as const;

/**
 * Normalises the options of `generate`: null counts as omitted, like `None` in Python.
 *
 * @param pipeline - The class of the pipeline, for messages.
 * @param names - The options it accepts.
 * @throws InvalidArgumentError unless they are an object with only options of the pipeline, functions as callbacks and
 * an AbortSignal as signal.
 */
export function readOptions<Options extends object>(
  options: Options,
  pipeline: string,
  names: Readonly<Record<string, true>>,
): Options {
  const given = readNamedOptions(`${pipeline}.generate`, options ?? {}, names);
  const { signal, ...read } = given as Record<string, unknown>;
  for (const name of callbacks) {
    if (read[name] === undefined || typeof read[name] === "function") continue;
    throw invalid(name, read[name], "a function", "Pass a function, or leave it out.");
  }
  if (signal !== undefined && !(typeof signal === "object" && "throwIfAborted" in (signal as object))) {
    throw invalid("signal", signal, "an AbortSignal", "Pass `controller.signal` of an AbortController.");
  }
  return { ...read, signal } as unknown as Options;
}

/**
 * Checks the names of a function's options, and leaves out those that are null.
 *
 * @param subject - The function, as a user calls it: `"StableDiffusionPipeline.fuseLora"`.
 * @param names - The options it accepts.
 * @throws InvalidArgumentError unless they are an object with only these options.
 */
export function readNamedOptions<Options extends object>(
  subject: string,
  options: Options,
  names: Readonly<Record<string, true>>,
): Options {
  requireKnownOptions(subject, options, names);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as Options;
}

function invalid(subject: string, found: unknown, expected: string, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found: describeValue(found), expected, remedy });
}
