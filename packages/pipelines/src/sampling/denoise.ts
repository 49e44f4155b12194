import { type Generator, ImageError, type Tensor } from "@onestep/core";
import { nextTask, untilAborted } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import { componentClassName } from "../component/component.ts";
import type { GenerateOptions } from "./generate-options.ts";
import { preparingNoise } from "./noise-ahead.ts";

/**
 * Predicts from noisy samples for a scheduler's steps: a model bound to its other inputs.
 *
 * @param sample - [batch, …], scaled by the scheduler.
 * @param timestep - One for all, or one per batch element.
 * @returns The prediction, [batch, …].
 */
export type NoisePredictor = (
  sample: Tensor<"float32">,
  timestep: number | ArrayLike<number>,
) => Promise<Tensor<"float32">>;

/** The input of {@link denoise}. */
export interface DenoisingRun {
  /** A clone for this run, with its timesteps set. */
  readonly scheduler: Scheduler;
  readonly generator: Generator | readonly Generator[];
  /** The first sample. */
  readonly sample: Tensor<"float32">;
  readonly predict: NoisePredictor;
}

/**
 * The sampling loop of most schedulers: at each timestep, evaluates the model once on the scaled sample, then takes a
 * scheduler step.
 *
 * @param stepOptions - Arguments for the step besides the generator.
 * @returns The last sample.
 * @throws ImageError if a step produces non-finite values.
 *
 * @example
 * const predict: NoisePredictor = async (sample, timestep) => (await unet.forward({ sample, timestep })).sample;
 * const pixels = (await denoise({ ...run, predict }, options)).div(2).add(0.5).clamp(0, 1);
 */
export function denoise(
  run: DenoisingRun,
  options: Pick<GenerateOptions, "signal" | "onProgress" | "onStepEnd">,
  stepOptions: object = {},
): Promise<Tensor<"float32">> {
  const { scheduler, generator, predict } = run;
  return runSteps(run, options, async (sample, timestep) => {
    const input = scheduler.scaleModelInput(sample, timestep, { generator });
    const prediction = await preparingNoise(predict(input, timestep), generator, sample.shape);
    // With many large images, receiving the worker's answer and the step take some 30 ms each.
    await nextTask();
    let denoised: Tensor<"float32"> | undefined;
    // A consistency scheduler does not return its prediction, but lets it be edited.
    const isConsistency = "getScalingsForBoundaryCondition" in scheduler;
    const editDenoised = (edited: Tensor<"float32">): Tensor<"float32"> => {
      denoised = edited;
      return edited;
    };
    const output = scheduler.step(prediction, timestep, sample, {
      ...stepOptions,
      generator,
      ...(isConsistency ? { editDenoised } : {}),
    });
    const predOriginalSample = output.predOriginalSample ?? denoised;
    return { sample: output.prevSample, prediction, predOriginalSample };
  });
}

/** The result of a step. */
export interface StepResult {
  /** The sample for the next step. */
  readonly sample: Tensor<"float32">;
  /** The final image if this is the last step; by default the sample. */
  readonly image?: Tensor<"float32">;
  /** The model's prediction, to distinguish its errors from the scheduler's. */
  readonly prediction?: Tensor<"float32">;
  /** The prediction of the final sample, if there is one. */
  readonly predOriginalSample?: Tensor<"float32"> | undefined;
}

/** The input for the steps of a run. */
export interface StepsToRun {
  readonly scheduler: Pick<Scheduler, "timesteps"> & Partial<Pick<Scheduler, "config">>;
  readonly sample: Tensor<"float32">;
}

/**
 * Runs all steps, reporting each and yielding to the event loop afterwards. An abort takes effect between steps, and
 * while `onStepEnd` is awaited.
 *
 * @param takeStep - Computes the next sample from the one at a timestep. `step` counts from 0.
 * @returns The final image from the last step.
 * @throws ImageError if a step produces non-finite values.
 */
export async function runSteps(
  run: StepsToRun,
  { signal, onProgress, onStepEnd }: Pick<GenerateOptions, "signal" | "onProgress" | "onStepEnd">,
  takeStep: (sample: Tensor<"float32">, timestep: number, step: number) => Promise<StepResult>,
): Promise<Tensor<"float32">> {
  const { timesteps } = run.scheduler;
  const totalSteps = timesteps.length;
  let { sample } = run;
  let image = sample;
  for (const [step, timestep] of timesteps.entries()) {
    signal?.throwIfAborted();
    const result = await takeStep(sample, timestep, step);
    await nextTask();
    requireFinite(result, run, step);
    sample = result.sample;
    image = result.image ?? sample;
    onProgress?.({ type: "step-end", step, totalSteps, timestep });
    const { predOriginalSample } = result;
    await untilAborted(onStepEnd?.({ step, totalSteps, timestep, sample, predOriginalSample }), signal);
    await nextTask();
  }
  signal?.throwIfAborted();
  return image;
}

export function requireFinite(
  { sample, prediction }: StepResult,
  { scheduler }: StepsToRun,
  step: number,
): void {
  const wrong = findNotFinite(sample);
  if (wrong === undefined) return;
  const { timesteps, config = {} } = scheduler;
  const name = componentClassName({ config });
  const place = `step ${step + 1} of ${timesteps.length} (timestep ${timesteps[step]}${name === undefined ? "" : `, ${name}`})`;
  const predicted = prediction === undefined ? undefined : findNotFinite(prediction);
  const isModel = prediction === undefined || predicted !== undefined;
  throw new ImageError({
    subject: place,
    found: isModel
      ? `${predicted ?? wrong} in what the model predicts`
      : `${wrong} in the sample, of predictions that are finite`,
    expected: "finite numbers",
    remedy: isModel
      ? "Check that the weights are those of the model and complete; where they are, the precision is too low: load the model in float32."
      : adviseOnScheduler(config),
  });
}

function adviseOnScheduler(config: object): string {
  const { rescaleBetasZeroSnr, predictionType } = config as Readonly<Record<string, unknown>>;
  return rescaleBetasZeroSnr === true && predictionType === "epsilon"
    ? "The scheduler's config has rescaleBetasZeroSnr and predictions of noise, and there is nothing but noise at its first timestep: no image follows from that. Set rescaleBetasZeroSnr to false, or clipSample to true, or take a model of v_prediction."
    : "The scheduler comes to it by its config: take other steps, or another scheduler.";
}

/** Finds a non-finite value. Checking the sum first takes a tenth of the time of checking each. */
function findNotFinite({ data }: Tensor<"float32">): number | undefined {
  let sum = 0;
  for (let index = 0; index < data.length; index += 1) sum += data[index] as number;
  return Number.isFinite(sum) ? undefined : data.find((value) => !Number.isFinite(value));
}
