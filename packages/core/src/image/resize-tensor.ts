import { describeValue } from "../config/describe-value.ts";
import { ImageError, InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Options of {@link resizeTensor}: the new size in pixels, each at least 1. */
export interface ResizeOptions {
  readonly height: number;
  readonly width: number;
}

/** One line of a resampled image: the contributing source pixels and their weights. */
interface Contribution {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Resamples images with a bicubic filter (a = -0.5), antialiased when downscaling: Pillow's `Image.resize(size,
 * BICUBIC)`, torch's `interpolate(size=…, mode="bicubic", antialias=True)`. Values may slightly overshoot the input
 * range.
 *
 * @param images - float32 [batch, channels, height, width].
 * @throws ImageError if they are not.
 * @throws InvalidArgumentError if the new size is not made of integers of at least 1, or does not fit into memory.
 *
 * @example
 * const photo = await RasterImage.decode(await readFile("photo.png"));
 * const small = resizeTensor(photo.toTensor(), { height: 64, width: 64 });
 */
export function resizeTensor(images: Tensor<"float32">, options: ResizeOptions): Tensor<"float32"> {
  const [batchSize = 0, channels = 0, height = 0, width = 0] = images.shape;
  if (images.dtype !== "float32" || images.shape.length !== 4 || height === 0 || width === 0) {
    throw new ImageError({
      subject: "resizeTensor",
      found: images.describe(),
      expected: "float32 [batch, channels, height, width]",
      remedy: "Pass images, for example `image.toTensor()`.",
    });
  }
  requireLength("height", options.height);
  requireLength("width", options.width);
  const planes = batchSize * channels;
  const wide = Tensor.zeros([batchSize, channels, height, options.width]);
  resampleLines(images.data, wide.data, listContributions(width, options.width), {
    lines: planes * height,
    lineStride: width,
    pixelStride: 1,
    resultLineStride: options.width,
  });
  const result = Tensor.zeros([batchSize, channels, options.height, options.width]);
  const contributions = listContributions(height, options.height);
  for (let plane = 0; plane < planes; plane += 1) {
    const source = wide.data.subarray(plane * height * options.width, (plane + 1) * height * options.width);
    const size = options.height * options.width;
    resampleLines(source, result.data.subarray(plane * size, (plane + 1) * size), contributions, {
      lines: options.width,
      lineStride: 1,
      pixelStride: options.width,
      resultLineStride: 1,
    });
  }
  return result;
}

function requireLength(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new InvalidArgumentError({
    subject: `resizeTensor: ${name}`,
    found: describeValue(value),
    expected: "a whole number of at least 1",
    remedy: "Pass the new size in pixels.",
  });
}

interface Lines {
  readonly lines: number;
  /** Stride between lines of the source. */
  readonly lineStride: number;
  /** Stride between pixels of a line, in the source and the result. */
  readonly pixelStride: number;
  /** Stride between lines of the result. */
  readonly resultLineStride: number;
}

function resampleLines(
  source: Float32Array,
  result: Float32Array,
  contributions: readonly Contribution[],
  { lines, lineStride, pixelStride, resultLineStride }: Lines,
): void {
  for (let line = 0; line < lines; line += 1) {
    contributions.forEach(({ first, weights }, position) => {
      let sum = 0;
      let index = line * lineStride + first * pixelStride;
      for (const weight of weights) {
        sum += weight * (source[index] ?? 0);
        index += pixelStride;
      }
      result[line * resultLineStride + position * pixelStride] = sum;
    });
  }
}

function listContributions(oldLength: number, newLength: number): readonly Contribution[] {
  const scale = oldLength / newLength;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  return Array.from({ length: newLength }, (_, position) => {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - support + 0.5));
    const end = Math.min(oldLength, Math.floor(center + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, index) =>
      cubic((first + index - center + 0.5) / filterScale),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

/** Keys' cubic convolution kernel with a = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
