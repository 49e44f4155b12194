import type { Tensor } from "@onestep/core";
import { type DenoisingRun, runSteps } from "../sampling/denoise.ts";
import type { GenerateOptions } from "../sampling/generate-options.ts";
import { preparingNoise } from "../sampling/noise-ahead.ts";
import { requireConsistencyScheduler } from "./consistency-scheduler.ts";
import type { KnownContent } from "./known-content.ts";

/**
 * Zero-shot editing (Song et al., 2023, algorithm 4): multistep consistency sampling that applies the known content to
 * every prediction before adding noise.
 *
 * @param known - Without it, predictions are unchanged.
 * @returns The last prediction with the known content, from about -1 to 1. Unlike in sampling, it has no remaining
 * noise.
 */
export function runEdit(
  { predict, generator, ...run }: DenoisingRun,
  options: GenerateOptions,
  known?: KnownContent,
): Promise<Tensor<"float32">> {
  const scheduler = requireConsistencyScheduler(run.scheduler);
  return runSteps(run, options, async (sample, timestep) => {
    const input = scheduler.scaleModelInput(sample, timestep);
    const prediction = await preparingNoise(predict(input, timestep), generator, sample.shape);
    let image = sample;
    const { prevSample } = scheduler.step(prediction, timestep, sample, {
      generator,
      editDenoised(denoised) {
        image = known?.replace(denoised) ?? denoised;
        return image;
      },
    });
    return { sample: prevSample, image, prediction, predOriginalSample: image };
  });
}
