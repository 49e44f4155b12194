import { ImageError, nextTask, type Tensor, untilAborted } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";
import { componentClassName } from "../model-index/model-index.ts";
import type { GenerateOptions } from "./generate-options.ts";

/** What a step leads to. */
export interface StepResult {
  /** The sample that the next step goes on with. */
  readonly sample: Tensor<"float32">;
  /** What becomes the image where it is the last step; by default the sample. */
  readonly image?: Tensor<"float32">;
  /** What the model predicted, to tell its faults from the scheduler's. */
  readonly prediction?: Tensor<"float32">;
}

/** What the steps of a run are taken with. */
export interface StepsToRun {
  readonly scheduler: Pick<Scheduler, "timesteps"> & Partial<Pick<Scheduler, "config">>;
  readonly sample: Tensor<"float32">;
}

/**
 * Goes through the timesteps of a run, and tells of each step. A page gets its turn after each. An abort is heard between
 * steps, and while `onStepEnd` is waited for.
 *
 * @param takeStep - From the sample at a timestep to the next one. `step` counts from 0.
 * @returns What becomes the image, as the last step left it.
 * @throws ImageError where a step leads to numbers that are not finite: those after it would too.
 */
export async function runSteps(
  run: StepsToRun,
  { signal, onProgress, onStepEnd }: GenerateOptions,
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
    await untilAborted(onStepEnd?.({ step, totalSteps, timestep, sample }), signal);
    await nextTask();
  }
  signal?.throwIfAborted();
  return image;
}

function requireFinite({ sample, prediction }: StepResult, { scheduler }: StepsToRun, step: number): void {
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

/** A number that is not finite. Their sum tells whether there is one, in a tenth of the time that looking at each takes. */
function findNotFinite({ data }: Tensor<"float32">): number | undefined {
  let sum = 0;
  for (let index = 0; index < data.length; index += 1) sum += data[index] as number;
  return Number.isFinite(sum) ? undefined : data.find((value) => !Number.isFinite(value));
}
