import { type ConsistencyModelPipeline, randnTensor, TorchGenerator } from "onestep";
import { frameOfImage, framesOfSample } from "./frames.ts";
import type { Frame, FrameEvent, GenerateReply, GenerateRequest, NoiseRequest } from "./messages.ts";

/** How a run is watched and stopped. */
export interface MakeImagesOptions {
  readonly signal: AbortSignal;
  readonly onFrames: (event: FrameEvent) => void;
}

/**
 * Makes one image for each seed, in one batch. Each has a generator of its own, so that it is the image of its seed
 * whatever stands beside it.
 */
export async function makeImages(
  pipe: ConsistencyModelPipeline,
  { seeds, classLabels, steps }: GenerateRequest,
  { signal, onFrames }: MakeImagesOptions,
): Promise<GenerateReply> {
  const stepMilliseconds: number[] = [];
  let last = performance.now();
  const { images } = await pipe.generate({
    generator: seeds.map((seed) => new TorchGenerator(seed)),
    batchSize: seeds.length,
    classLabels,
    ...(typeof steps === "number" ? { numInferenceSteps: steps } : { timesteps: steps }),
    signal,
    onStepEnd({ step, totalSteps, timestep, sample }) {
      stepMilliseconds.push(performance.now() - last);
      onFrames({ type: "frames", step: step + 1, totalSteps, timestep, frames: framesOfSample(sample) });
      last = performance.now();
    },
  });
  const milliseconds = stepMilliseconds.reduce((sum, step) => sum + step, 0);
  const made = await Promise.all(
    images.map(async (image) => ({ frame: frameOfImage(image), png: await image.toBlob() })),
  );
  return { images: made, milliseconds, stepMilliseconds };
}

/** The noise that the images of some seeds begin with. */
export function drawNoise({ seeds, width, height }: NoiseRequest): readonly Frame[] {
  return seeds.flatMap((seed) =>
    framesOfSample(randnTensor([1, 3, height, width], new TorchGenerator(seed))),
  );
}
