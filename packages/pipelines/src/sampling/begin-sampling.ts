import { type Generator, InvalidArgumentError, randnTensor, Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import type { GenerateOptions } from "./generate-options.ts";
import { checkOutputType } from "./image-output.ts";
import { prepareNoise, withNoiseAhead } from "./noise-ahead.ts";
import { checkLatents, resolveGenerator } from "./resolve-batch.ts";

/** The initial state of a run from noise. */
export interface SamplingRun {
  /** A clone for this run, with its timesteps set. */
  readonly scheduler: Scheduler;
  readonly generator: Generator | readonly Generator[];
  /** The unit-variance noise of the first sample. */
  readonly latents: Tensor<"float32">;
  /** The first sample: noise at the scheduler's initial level, in the shape from the settings. */
  readonly sample: Tensor<"float32">;
}

/** How a pipeline begins a run. */
export interface RunSettings {
  /** The shape of the latents: [batch, channels, height, width]. */
  readonly shape: readonly number[];
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** Whether the run begins with noise (default). If not, nothing is drawn, and it begins with zeros. */
  readonly isNoisy?: boolean | undefined;
}

/**
 * Begins a run from noise, on a clone of the scheduler. Validates all options, then draws the latents.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export async function beginSampling(
  shared: Scheduler,
  options: GenerateOptions,
  { shape, defaultInferenceSteps, isNoisy = true }: RunSettings,
): Promise<SamplingRun> {
  checkOutputType(options.outputType);
  const given = resolveGenerator(options, shape[0] ?? 0);
  checkLatents(options, shape);
  const scheduler = shared.clone();
  setTimesteps(scheduler, options, defaultInferenceSteps);
  options.signal?.throwIfAborted();

  const generator = withNoiseAhead(given, shape);
  if (isNoisy && options.latents === undefined) await prepareNoise(generator, shape);
  options.signal?.throwIfAborted();
  const latents = options.latents ?? (isNoisy ? randnTensor(shape, generator) : Tensor.zeros(shape));
  return { scheduler, generator, latents, sample: latents.mul(scheduler.initNoiseSigma) };
}

/**
 * Begins a scheduler's run with the requested steps; `timesteps` take precedence over `numInferenceSteps`. Defaults are
 * capped at the model's number of timesteps.
 *
 * @throws InvalidArgumentError if the scheduler supports neither them nor the default.
 */
function setTimesteps(
  scheduler: Scheduler,
  { numInferenceSteps, timesteps }: GenerateOptions,
  defaultInferenceSteps: number,
): void {
  if (timesteps === undefined) {
    if (numInferenceSteps === undefined) setDefaultTimesteps(scheduler, defaultInferenceSteps);
    else scheduler.setTimesteps({ numInferenceSteps });
    return;
  }
  if (numInferenceSteps !== undefined) {
    warn(
      `Both \`numInferenceSteps\`: ${numInferenceSteps} and \`timesteps\`: ${describeValue([...timesteps])} are supplied; \`timesteps\` will be used over \`numInferenceSteps\`.`,
      "options",
    );
  }
  scheduler.setTimesteps({ timesteps });
}

function setDefaultTimesteps(scheduler: Scheduler, defaultInferenceSteps: number): void {
  const numInferenceSteps = Math.min(defaultInferenceSteps, scheduler.length);
  try {
    scheduler.setTimesteps({ numInferenceSteps });
  } catch (cause) {
    if (!InvalidArgumentError.isInstance(cause) || cause.problem === undefined) throw cause;
    const { subject, found, expected } = cause.problem;
    throw new InvalidArgumentError(
      {
        subject,
        found: `${found}, the default of the pipeline`,
        expected,
        remedy: "Pass `numInferenceSteps`: this scheduler needs far fewer, 20 for a start.",
      },
      { cause },
    );
  }
}
