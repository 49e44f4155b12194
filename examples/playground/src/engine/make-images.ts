import {
  type ConsistencyModelPipeline,
  type RasterImage,
  randnTensor,
  type StepEndEvent,
  TorchGenerator,
} from "onestep";
import { frameOfImage, framesOfSample } from "./frames.ts";
import type { Frame, FrameEvent, GenerateReply, GenerateRequest, NoiseRequest } from "./messages.ts";

/** How to observe and cancel a run. */
export interface MakeImagesOptions {
  readonly signal: AbortSignal;
  readonly onFrames: (event: FrameEvent) => void;
}

/** The maximum number of images per pass: a pass cannot be cancelled, and larger ones are hardly faster. */
const mostAtOnce = 8;

/**
 * Makes one image per seed, in batches whose steps are interleaved. Each image has its own generator, so it depends
 * only on its seed, not on the rest of the batch.
 */
export async function makeImages(
  pipe: ConsistencyModelPipeline,
  { seeds, classLabels, steps }: GenerateRequest,
  { signal, onFrames }: MakeImagesOptions,
): Promise<GenerateReply> {
  const watch = new StepWatch(onFrames);
  const starts = Array.from(
    { length: Math.ceil(seeds.length / mostAtOnce) },
    (_, batch) => batch * mostAtOnce,
  );
  const waiting = new Map<number, (readonly Frame[])[]>();
  const batches = await Promise.all(
    starts.map((start, batch) => {
      const part = seeds.slice(start, start + mostAtOnce);
      return pipe.generate({
        generator: generatorsOf(part),
        batchSize: part.length,
        classLabels: classLabels?.slice(start, start + mostAtOnce),
        ...(typeof steps === "number" ? { numInferenceSteps: steps } : { timesteps: steps }),
        signal,
        onStepEnd(event) {
          const frames = waiting.get(event.step) ?? [];
          frames[batch] = framesOfPrediction(event);
          waiting.set(event.step, frames);
          // A step has ended when it has ended in every batch.
          if (Object.keys(frames).length === starts.length) watch.endStep(event, frames.flat());
        },
      });
    }),
  );
  return watch.reply(batches.flatMap(({ images }) => images));
}

/** The prediction of a step of a pixel-space pipeline. */
export function framesOfPrediction({ sample, predOriginalSample }: StepEndEvent): readonly Frame[] {
  return framesOfSample(predOriginalSample ?? sample);
}

/** Times the steps of a run, and shows the prediction of each. */
export class StepWatch {
  readonly #onFrames: MakeImagesOptions["onFrames"];
  readonly #milliseconds: number[] = [];
  #last = performance.now();

  constructor(onFrames: MakeImagesOptions["onFrames"]) {
    this.#onFrames = onFrames;
  }

  /** Ends a step, with its prediction. */
  endStep({ step, totalSteps, timestep }: Omit<StepEndEvent, "sample">, frames: readonly Frame[]): void {
    this.note();
    this.#onFrames({ type: "frames", step: step + 1, totalSteps, timestep, frames });
    this.resume();
  }

  /** Records the time of the step that has just ended. */
  note(): void {
    this.#milliseconds.push(performance.now() - this.#last);
  }

  /** Starts timing the next step. */
  resume(): void {
    this.#last = performance.now();
  }

  /** The finished images, with the step times. */
  async reply(images: readonly RasterImage[]): Promise<GenerateReply> {
    const made = await Promise.all(
      images.map(async (image) => ({ frame: frameOfImage(image), png: await image.toBlob() })),
    );
    const stepMilliseconds = this.#milliseconds;
    const milliseconds = stepMilliseconds.reduce((sum, step) => sum + step, 0);
    return { images: made, milliseconds, stepMilliseconds };
  }
}

/** One generator per seed. */
export function generatorsOf(seeds: readonly number[]): readonly TorchGenerator[] {
  return seeds.map((seed) => new TorchGenerator(seed));
}

/** The initial noise for some seeds. */
export function drawNoise({ seeds, width, height }: NoiseRequest): readonly Frame[] {
  return seeds.flatMap((seed) =>
    framesOfSample(randnTensor([1, 3, height, width], new TorchGenerator(seed))),
  );
}
