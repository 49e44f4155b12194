import { type Generator, InvalidArgumentError, randnTensor, Tensor } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import type { GenerateOptions } from "./generate-options.ts";
import { checkOutputType } from "./image-output.ts";
import { prepareNoise, withNoiseAhead } from "./noise-ahead.ts";
import { checkLatents, resolveGenerator } from "./resolve-batch.ts";

/** What a run from noise to images begins with. */
export interface SamplingRun {
  /** Of this run alone, its timesteps set. */
  readonly scheduler: Scheduler;
  readonly generator: Generator | readonly Generator[];
  /** The noise of variance 1 that the first sample is made of. */
  readonly latents: Tensor<"float32">;
  /** The first sample: noise at the level that the scheduler begins with, of the shape of the settings. */
  readonly sample: Tensor<"float32">;
}

/** How a pipeline begins a run. */
export interface RunSettings {
  /** The shape of the latents: [batch, channels, height, width]. */
  readonly shape: readonly number[];
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** Whether the run begins with noise, by default; else nothing is drawn for it, and it begins with zeros. */
  readonly isNoisy?: boolean | undefined;
}

/**
 * Begins a run from noise, on a clone of the scheduler. All options are checked first; then the latents are drawn.
 *
 * @throws InvalidArgumentError where an option is wrong.
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
 * Begins a scheduler's run with the steps that were asked for; `timesteps` go before `numInferenceSteps`. A default is no
 * more than the model has timesteps.
 *
 * @throws InvalidArgumentError where the scheduler does not take them, nor the default.
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
