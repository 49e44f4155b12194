import {
  type ConsistencyModelPipeline,
  type RasterImage,
  randnTensor,
  type StepEndEvent,
  TorchGenerator,
} from "onestep";
import { frameOfImage, framesOfSample } from "./frames.ts";
import type { Frame, FrameEvent, GenerateReply, GenerateRequest, NoiseRequest } from "./messages.ts";

/** How a run is watched and stopped. */
export interface MakeImagesOptions {
  readonly signal: AbortSignal;
  readonly onFrames: (event: FrameEvent) => void;
}

/** As many images as a pass computes at once: a pass cannot be cancelled, and larger ones are hardly faster. */
const mostAtOnce = 8;

/**
 * Makes one image for each seed, in batches whose steps take turns. Each has a generator of its own, so that it is the
 * image of its seed whatever stands beside it.
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
          // A step has ended once it has in every batch.
          if (Object.keys(frames).length === starts.length) watch.endStep(event, frames.flat());
        },
      });
    }),
  );
  return watch.reply(batches.flatMap(({ images }) => images));
}

/** What a step of a pipeline over pixels predicts. */
export function framesOfPrediction({ sample, predOriginalSample }: StepEndEvent): readonly Frame[] {
  return framesOfSample(predOriginalSample ?? sample);
}

/** Measures the steps of a run, and shows what each predicts. */
export class StepWatch {
  readonly #onFrames: MakeImagesOptions["onFrames"];
  readonly #milliseconds: number[] = [];
  #last = performance.now();

  constructor(onFrames: MakeImagesOptions["onFrames"]) {
    this.#onFrames = onFrames;
  }

  /** Ends a step with what it predicts. */
  endStep({ step, totalSteps, timestep }: Omit<StepEndEvent, "sample">, frames: readonly Frame[]): void {
    this.note();
    this.#onFrames({ type: "frames", step: step + 1, totalSteps, timestep, frames });
    this.resume();
  }

  /** Takes the time of a step that has ended. */
  note(): void {
    this.#milliseconds.push(performance.now() - this.#last);
  }

  /** Begins to count the time of the next step. */
  resume(): void {
    this.#last = performance.now();
  }

  /** What was made, with the times of the steps. */
  async reply(images: readonly RasterImage[]): Promise<GenerateReply> {
    const made = await Promise.all(
      images.map(async (image) => ({ frame: frameOfImage(image), png: await image.toBlob() })),
    );
    const stepMilliseconds = this.#milliseconds;
    const milliseconds = stepMilliseconds.reduce((sum, step) => sum + step, 0);
    return { images: made, milliseconds, stepMilliseconds };
  }
}

/** A generator for each seed. */
export function generatorsOf(seeds: readonly number[]): readonly TorchGenerator[] {
  return seeds.map((seed) => new TorchGenerator(seed));
}

/** The noise that the images of some seeds begin with. */
export function drawNoise({ seeds, width, height }: NoiseRequest): readonly Frame[] {
  return seeds.flatMap((seed) =>
    framesOfSample(randnTensor([1, 3, height, width], new TorchGenerator(seed))),
  );
}
