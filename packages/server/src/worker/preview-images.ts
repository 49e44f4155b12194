import { RasterImage } from "@onestep/core";
import {
  type DiffusionPipelineBase,
  estimateLatentImages,
  LatentDiffusionPipelineBase,
  type StepEndEvent,
} from "@onestep/pipelines";

/**
 * Pictures of what a run expects its images to be, after a step: linear estimates at the resolution of the latents, or
 * the predicted pixels themselves. None where the model's latents cannot be estimated.
 */
export function previewImages(pipe: DiffusionPipelineBase, event: StepEndEvent): readonly RasterImage[] {
  const predicted = event.predOriginalSample ?? event.sample;
  if (pipe instanceof LatentDiffusionPipelineBase) return estimateLatentImages(pipe, predicted);
  const [count = 0, channels = 0, height = 0, width = 0] = predicted.shape;
  const area = height * width;
  return Array.from({ length: count }, (_, item) => {
    const data = new Uint8Array(3 * area);
    for (let index = 0; index < 3 * area; index += 1) {
      const channel = Math.min(index % 3, channels - 1);
      const value = predicted.data[(item * channels + channel) * area + Math.floor(index / 3)] ?? 0;
      data[index] = Math.min(255, Math.max(0, Math.round(127.5 + 127.5 * value)));
    }
    return new RasterImage({ width, height, channels: 3, data });
  });
}
