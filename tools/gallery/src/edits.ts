import { imagesFromTensor, RasterImage, resizeTensor, TorchGenerator } from "@onestep/core";
import {
  ConsistencyModelColorizationPipeline,
  ConsistencyModelDenoisingPipeline,
  ConsistencyModelInpaintPipeline,
  type ConsistencyModelPipeline,
  ConsistencyModelSuperResolutionPipeline,
} from "@onestep/pipelines";
import { brightness, largestDifference, psnr, shrink, toGrey } from "./figures.ts";
import type { Subjects } from "./subjects.ts";

/** How well an edit did. */
export interface EditResult {
  /** The inputs of the model, as images of the same size. */
  readonly given: readonly RasterImage[];
  /** Its outputs, grouped by seed. */
  readonly made: readonly (readonly RasterImage[])[];
  /** What is known should come back: by how much it differs, and in what. */
  readonly kept: string;
  /** PSNR of the generated parts against the originals; the mean over the seeds. */
  readonly psnr: number;
  /** The same for a simple baseline without a model. */
  readonly plain: string;
}

/** How an edit samples. */
export interface EditSettings {
  readonly seeds: readonly number[];
  readonly numInferenceSteps?: number | undefined;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const isHidden = (column: number): boolean => column >= 16;

/** Repaints the right half of each emoji. */
export async function inpaintHalves(
  pipe: ConsistencyModelPipeline,
  { images: originals, classLabels }: Subjects,
  { seeds, numInferenceSteps }: EditSettings,
): Promise<EditResult> {
  const mask = new RasterImage({
    width: 32,
    height: 32,
    channels: 1,
    data: Uint8Array.from({ length: 1024 }, (_, index) => (isHidden(index % 32) ? 255 : 0)),
  });
  const inpaint = ConsistencyModelInpaintPipeline.fromPipe(pipe);
  const made: (readonly RasterImage[])[] = [];
  for (const seed of seeds) {
    const options = { image: originals, mask, classLabels, seed, numInferenceSteps };
    made.push((await inpaint.generate(options)).images);
  }
  const hide = (value: number): readonly RasterImage[] =>
    originals.map(
      (image) =>
        new RasterImage({
          ...{ width: 32, height: 32, channels: 3 },
          data: image.data.map((byte, index) => (isHidden(Math.floor(index / 3) % 32) ? value : byte)),
        }),
    );
  const changed = made.map((images) => psnr(images, originals, (column) => !isHidden(column)));
  const white = psnr(hide(255), originals, isHidden);
  return {
    given: hide(128),
    made,
    kept: changed.every((value) => value === Number.POSITIVE_INFINITY)
      ? "the left half: PSNR ∞, every byte"
      : `the left half: PSNR ${Math.min(...changed).toFixed(1)} dB`,
    psnr: mean(made.map((images) => psnr(images, originals, isHidden))),
    plain: `${white.toFixed(1)} dB (left white)`,
  };
}

/** Turns each emoji grey, and colorizes it again. */
export async function colorizeGrey(
  pipe: ConsistencyModelPipeline,
  { images: originals, classLabels }: Subjects,
  { seeds, numInferenceSteps }: EditSettings,
): Promise<EditResult> {
  const given = originals.map(toGrey);
  const colorize = ConsistencyModelColorizationPipeline.fromPipe(pipe);
  const made: (readonly RasterImage[])[] = [];
  for (const seed of seeds) {
    made.push((await colorize.generate({ image: given, classLabels, seed, numInferenceSteps })).images);
  }
  const difference = Math.max(
    ...made.flatMap((images) =>
      images.map((image, item) =>
        largestDifference(brightness(image), brightness(given[item] as RasterImage)),
      ),
    ),
  );
  return {
    given,
    made,
    kept: `the brightness: differs by ${difference.toFixed(2)} of 255 at most, which is rounding`,
    psnr: mean(made.map((images) => psnr(images, originals))),
    plain: `${psnr(given, originals).toFixed(1)} dB (left grey)`,
  };
}

/** Shrinks each emoji to 8 x 8, and upscales it again. */
export async function upscaleSmall(
  pipe: ConsistencyModelPipeline,
  { images: originals, classLabels }: Subjects,
  { seeds, numInferenceSteps }: EditSettings,
): Promise<EditResult> {
  const small = originals.map((image) => shrink(image, 4));
  const upscale = ConsistencyModelSuperResolutionPipeline.fromPipe(pipe);
  const made: (readonly RasterImage[])[] = [];
  for (const seed of seeds) {
    made.push((await upscale.generate({ image: small, classLabels, seed, numInferenceSteps })).images);
  }
  const difference = Math.max(
    ...made.flatMap((images) =>
      images.map((image, item) => largestDifference(shrink(image, 4).data, small[item]?.data ?? [])),
    ),
  );
  const bicubic = small.flatMap((image) =>
    imagesFromTensor(resizeTensor(image.toTensor(), { width: 32, height: 32 }).clamp(0, 1)),
  );
  return {
    given: bicubic,
    made,
    kept: `shrunk again: differs by ${difference} of 255 at most`,
    psnr: mean(made.map((images) => psnr(images, originals))),
    plain: `${psnr(bicubic, originals).toFixed(1)} dB (bicubic)`,
  };
}

/** Adds noise of a given level to each emoji, and removes it again. */
export async function denoiseNoisy(
  pipe: ConsistencyModelPipeline,
  { images: originals, pixels, classLabels }: Subjects,
  sigma: number,
): Promise<EditResult> {
  const noisy = pixels.add(new TorchGenerator(0).randn(pixels.shape).mul(sigma / 2));
  const denoise = ConsistencyModelDenoisingPipeline.fromPipe(pipe);
  const { images } = await denoise.generate({ image: noisy, sigma, classLabels });
  const given = imagesFromTensor(noisy.clamp(0, 1));
  return {
    given,
    made: [images],
    kept: "nothing is known exactly",
    psnr: psnr(images, originals),
    plain: `${psnr(given, originals).toFixed(1)} dB (with the noise)`,
  };
}
