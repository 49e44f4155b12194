import { ConsistencyModelPipeline } from "onestep";
import { type Summary, summarize } from "../statistics.ts";

/** A device and precision to run a model on. */
export interface Place {
  readonly device: "cpu" | "webgpu";
  readonly dtype: "float32" | "float16";
}

/** How fast a model is in one place, and how far its images differ from those of the CPU in float32. */
export interface DeviceMeasurement extends Place {
  /** Milliseconds from the call that loads the model to its first images. */
  readonly firstImages: number;
  /** Milliseconds of a call, by images at a time. */
  readonly calls: readonly { readonly batchSize: number; readonly milliseconds: Summary }[];
  /** The largest pixel difference between images made in one step, of 255. */
  readonly imageDifference: number;
}

/** Options of {@link measureDevices}. */
export interface MeasureDevicesOptions {
  readonly checkpoint: string;
  readonly classes: number | null;
  readonly batchSizes: readonly number[];
  /** Calls measured for each batch size. */
  readonly repeats: number;
  readonly threads: number;
  readonly onStart: (description: string) => void;
}

const places: readonly Place[] = [
  { device: "cpu", dtype: "float32" },
  { device: "webgpu", dtype: "float32" },
  { device: "webgpu", dtype: "float16" },
];

/**
 * Makes images in one step on the CPU and on Node's GPU, the latter in float32 and float16.
 *
 * @throws UnsupportedError if there is no GPU, or none with float16.
 */
export async function measureDevices(options: MeasureDevicesOptions): Promise<readonly DeviceMeasurement[]> {
  const { batchSizes, checkpoint, classes, onStart, repeats, threads } = options;
  const measurements: DeviceMeasurement[] = [];
  let expected: readonly Uint8Array[] | undefined;
  for (const place of places) {
    onStart(`${place.device}, ${place.dtype}`);
    const start = performance.now();
    await using pipeline = await ConsistencyModelPipeline.fromPretrained(checkpoint, { ...place, threads });
    const generate = async (seed: number, batchSize: number): Promise<readonly Uint8Array[]> => {
      const classLabels = classes === null ? undefined : seed % classes;
      const { images } = await pipeline.generate({ seed, batchSize, classLabels });
      return images.map((image) => image.data);
    };
    const images = await generate(0, 4);
    const firstImages = performance.now() - start;
    expected ??= images;
    const calls: { readonly batchSize: number; readonly milliseconds: Summary }[] = [];
    for (const batchSize of batchSizes) {
      await generate(1, batchSize);
      const times: number[] = [];
      for (let seed = 2; seed < repeats + 2; seed += 1) {
        const begin = performance.now();
        await generate(seed, batchSize);
        times.push(performance.now() - begin);
      }
      calls.push({ batchSize, milliseconds: summarize(times) });
    }
    measurements.push({ ...place, firstImages, calls, imageDifference: largestDifference(images, expected) });
  }
  return measurements;
}

/** The largest difference between numbers of lists and those in the same places of others; NaN where one has none. */
export function largestDifference(
  lists: readonly ArrayLike<number>[],
  others: readonly ArrayLike<number>[],
): number {
  let most = 0;
  for (const [number, list] of lists.entries()) {
    const other = others[number] ?? [];
    for (let index = 0; index < list.length; index += 1) {
      most = Math.max(most, Math.abs((list[index] ?? Number.NaN) - (other[index] ?? Number.NaN)));
    }
  }
  return most;
}
