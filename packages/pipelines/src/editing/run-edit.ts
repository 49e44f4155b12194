import type { Tensor } from "@onestep/core";
import type { UNet2DModel } from "@onestep/models";
import type { GenerateOptions } from "../sampling/generate-options.ts";
import { preparingNoise } from "../sampling/noise-ahead.ts";
import { runSteps } from "../sampling/run-steps.ts";
import type { SamplingRun } from "../sampling/sampling-run.ts";
import { requireConsistencyScheduler } from "./consistency-scheduler.ts";
import type { KnownContent } from "./known/known-content.ts";

/** What an edit begins with. */
export interface EditRun extends Pick<SamplingRun, "scheduler" | "generator" | "classLabels" | "sample"> {
  readonly unet: Pick<UNet2DModel, "forward">;
}

/**
 * Zero-shot editing (Song et al., 2023, algorithm 4): multistep consistency sampling in which what is known is put into
 * every prediction before noise is added to it.
 *
 * @param known - Without it, the prediction stays as it is.
 * @returns The last prediction, with what is known in it, from about -1 to 1. Unlike in sampling, no noise is left on it.
 */
export function runEdit(
  { unet, classLabels, generator, ...run }: EditRun,
  options: GenerateOptions,
  known?: KnownContent,
): Promise<Tensor<"float32">> {
  const scheduler = requireConsistencyScheduler(run.scheduler);
  const { signal } = options;
  return runSteps(run, options, async (sample, timestep) => {
    const input = scheduler.scaleModelInput(sample, timestep);
    const forward = unet.forward({ sample: input, timestep, classLabels, signal });
    const prediction = await preparingNoise(forward, generator, sample.shape);
    let image = sample;
    const { prevSample } = scheduler.step(prediction.sample, timestep, sample, {
      generator,
      editDenoised(denoised) {
        image = known?.replace(denoised) ?? denoised;
        return image;
      },
    });
    return { sample: prevSample, image, prediction: prediction.sample };
  });
}
