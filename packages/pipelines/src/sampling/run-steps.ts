import { nextTask, type Tensor } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";
import type { GenerateOptions } from "./generate-options.ts";

/** What a step leads to. */
export interface StepResult {
  /** The sample that the next step goes on with. */
  readonly sample: Tensor<"float32">;
  /** What becomes the image where it is the last step; by default the sample. */
  readonly image?: Tensor<"float32">;
}

/**
 * Goes through the timesteps of a run, and tells of each step. A page gets its turn after each.
 *
 * @param takeStep - From the sample at a timestep to the next one. `step` counts from 0.
 * @returns What becomes the image, as the last step left it.
 */
export async function runSteps(
  run: { readonly scheduler: Pick<Scheduler, "timesteps">; readonly sample: Tensor<"float32"> },
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
    sample = result.sample;
    image = result.image ?? sample;
    onProgress?.({ type: "step-end", step, totalSteps, timestep });
    await onStepEnd?.({ step, totalSteps, timestep, sample });
    await nextTask();
  }
  signal?.throwIfAborted();
  return image;
}
