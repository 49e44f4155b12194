import { nextTask, type Tensor } from "@onestep/core";
import type { GenerateOptions } from "./generate-options.ts";
import { preparingNoise } from "./noise-ahead.ts";
import { runSteps } from "./run-steps.ts";
import type { SamplingRun } from "./sampling-run.ts";

/**
 * The loop that samples with most schedulers: at each timestep the model is evaluated once, on the sample that the
 * scheduler has scaled, and the scheduler takes a step.
 *
 * @param stepOptions - What the step is given besides the generator.
 * @returns The last sample.
 */
export function denoise(
  run: SamplingRun,
  options: GenerateOptions,
  stepOptions: object = {},
): Promise<Tensor<"float32">> {
  const { unet, scheduler, generator, classLabels } = run;
  const { signal } = options;
  return runSteps(run, options, async (sample, timestep) => {
    const input = scheduler.scaleModelInput(sample, timestep, { generator });
    const forward = unet.forward({ sample: input, timestep, classLabels, signal });
    const prediction = await preparingNoise(forward, generator, sample.shape);
    // Of many large images, taking the answer from the worker and the step are some 30 ms each.
    await nextTask();
    const { prevSample } = scheduler.step(prediction.sample, timestep, sample, { ...stepOptions, generator });
    return { sample: prevSample, prediction: prediction.sample };
  });
}
