import type { LatentStepEndEvent, TextToImagePipeline } from "onestep";
import { imageOfFrame } from "./frames.ts";
import { latentPreviewOf } from "./latent-preview.ts";
import { imageToImage, type LoadedPipeline } from "./load-pipeline.ts";
import { generatorsOf, type MakeImagesOptions, StepWatch } from "./make-images.ts";
import type { GenerateReply, TextRequest } from "./messages.ts";

/** Makes one image of a prompt per seed, from noise or from a picture, and previews every step. */
export async function makeTextImages(
  pipe: TextToImagePipeline,
  beside: LoadedPipeline["preview"],
  { seeds, prompt, negativePrompt, guidanceScale, steps, width, height, start }: TextRequest,
  { signal, onFrames }: MakeImagesOptions,
): Promise<GenerateReply> {
  const preview = latentPreviewOf(pipe, beside);
  const watch = new StepWatch(onFrames);
  const options = {
    prompt,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    guidanceScale,
    numInferenceSteps: steps,
    numImagesPerPrompt: seeds.length,
    generator: generatorsOf(seeds),
    signal,
    async onStepEnd({ latents, predOriginalSample, ...event }: LatentStepEndEvent): Promise<void> {
      watch.note();
      const frames = await preview.draw(predOriginalSample ?? latents);
      const { step, totalSteps, timestep } = event;
      onFrames({ type: "frames", step: step + 1, totalSteps, timestep, frames });
      watch.resume();
    },
  };
  if (start === undefined) {
    const { images } = await pipe.generate({ ...options, width, height });
    return watch.reply(images);
  }
  const { strength, mask } = start;
  if (mask !== undefined) throw new Error("A text-to-image model does not repaint pictures on this page.");
  const image = imageOfFrame(start.image);
  const { images } = await imageToImage(pipe).generate({ ...options, image, strength });
  return watch.reply(images);
}
