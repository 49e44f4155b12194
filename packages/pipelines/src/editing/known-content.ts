import { Tensor } from "@onestep/core";
import { toSample } from "./images.ts";

/** The known content of an edit's images, and how to apply it. */
export interface KnownContent {
  /** Replaces the known content of a prediction from -1 to 1 (arXiv:2303.01469, algorithm 4, line 9). */
  replace(denoised: Tensor<"float32">): Tensor<"float32">;
  /** Applies the known content to the final pixels as exactly as the range 0 to 1 allows. */
  finish(pixels: Tensor<"float32">): Tensor<"float32">;
}

/**
 * Inpainting: masked pixels are free, all others known, as in `iterative_inpainting` of openai/consistency_models. Mask
 * values between 0 and 1 blend the two in every step.
 *
 * @param images - [batch, channels, height, width], 0 to 1.
 * @param mask - [batch, 1, height, width], 0 (known) to 1 (free).
 */
export function knownPixels(images: Tensor<"float32">, mask: Tensor<"float32">): KnownContent {
  const [, channels = 1, height = 0, width = 0] = images.shape;
  const area = height * width;
  const freedom = Tensor.zeros(images.shape);
  for (let index = 0; index < freedom.size; index += 1) {
    const item = Math.floor(index / (channels * area));
    freedom.data[index] = mask.data[item * area + (index % area)] ?? 0;
  }
  const samples = toSample(images);
  return {
    replace: (denoised) => mix(samples, denoised, freedom),
    finish(pixels) {
      const clamped = pixels.clamp(0, 1);
      const data = clamped.data.map((value, index) =>
        freedom.data[index] === 0 ? (images.data[index] ?? 0) : value,
      );
      return new Tensor("float32", data, pixels.shape);
    },
  };
}

function mix(
  known: Tensor<"float32">,
  free: Tensor<"float32">,
  freedom: Tensor<"float32">,
): Tensor<"float32"> {
  const data = free.data.map((value, index) => {
    const share = freedom.data[index] ?? 0;
    return (known.data[index] ?? 0) * (1 - share) + value * share;
  });
  return new Tensor("float32", data, free.shape);
}

/** Luma weights of red, green and blue (ITU-R BT.601), as in OpenAI's code. */
export const luminanceWeights: readonly number[] = [0.2989, 0.587, 0.114];

const norm = Math.hypot(...luminanceWeights);
const direction = luminanceWeights.map((weight) => weight / norm);

/**
 * Colorization: the luma of every pixel is known, its component along v̂ = v / |v|, with v the weights of red, green and
 * blue; the rest is free. `x₁ + v̂ v̂ᵀ (x₀ − x₁)` equals the colour rotation in `iterative_colorization` of
 * openai/consistency_models.
 *
 * @param images - [batch, 3, height, width], 0 to 1; only their luma is used.
 */
export function knownLuminance(images: Tensor<"float32">): KnownContent {
  const samples = toSample(images);
  return {
    replace: (denoised) =>
      changePixels(denoised, (colors, position) => {
        const shift = along(readPixel(samples, position)) - along(colors);
        return colors.map((color, channel) => color + shift * (direction[channel] ?? 0));
      }),
    finish: (pixels) =>
      changePixels(pixels, (colors, position) => {
        const target = weigh(readPixel(images, position));
        return fitSum(colors, luminanceWeights, target);
      }),
  };
}

/** The indices of a pixel's three channels. */
interface PixelPosition {
  readonly start: number;
  readonly area: number;
}

function changePixels(
  images: Tensor<"float32">,
  change: (colors: readonly number[], position: PixelPosition) => readonly number[],
): Tensor<"float32"> {
  const [batchSize = 0, , height = 0, width = 0] = images.shape;
  const area = height * width;
  const changed = Tensor.zeros(images.shape);
  for (let pixel = 0; pixel < batchSize * area; pixel += 1) {
    const position = { start: 3 * area * Math.floor(pixel / area) + (pixel % area), area };
    change(readPixel(images, position), position).forEach((color, channel) => {
      changed.data[position.start + channel * area] = color;
    });
  }
  return changed;
}

function readPixel({ data }: Tensor<"float32">, { start, area }: PixelPosition): readonly number[] {
  return [data[start] ?? 0, data[start + area] ?? 0, data[start + 2 * area] ?? 0];
}

function along(colors: readonly number[]): number {
  return weigh(colors) / norm;
}

function weigh(colors: readonly number[]): number {
  return colors.reduce((sum, color, channel) => sum + color * (luminanceWeights[channel] ?? 0), 0);
}

/**
 * Super-resolution: the average of every block of `factor` x `factor` pixels is known, its detail free. `x₁ + (x₀ −
 * average(x₁))` equals the block rotation in `iterative_superres` of openai/consistency_models.
 *
 * @param small - [batch, channels, height / factor, width / factor], 0 to 1: the averages.
 */
export function knownAverages(small: Tensor<"float32">, factor: number): KnownContent {
  const samples = toSample(small);
  return {
    replace: (denoised) =>
      changeBlocks(denoised, factor, (block, index) => {
        const average = block.reduce((sum, value) => sum + value, 0) / block.length;
        const shift = (samples.data[index] ?? 0) - average;
        return block.map((value) => value + shift);
      }),
    finish(pixels) {
      const weights = new Array<number>(factor * factor).fill(1 / (factor * factor));
      return changeBlocks(pixels, factor, (block, index) => fitSum(block, weights, small.data[index] ?? 0));
    },
  };
}

/** The average of every block of `factor` x `factor` pixels; `factor` must divide height and width. */
export function averageBlocks(images: Tensor<"float32">, factor: number): Tensor<"float32"> {
  const [batchSize = 0, channels = 0, height = 0, width = 0] = images.shape;
  const averages = Tensor.zeros([batchSize, channels, height / factor, width / factor]);
  for (let index = 0; index < averages.size; index += 1) {
    const block = listBlock(images, factor, index).map((position) => images.data[position] ?? 0);
    averages.data[index] = block.reduce((sum, value) => sum + value, 0) / block.length;
  }
  return averages;
}

function changeBlocks(
  images: Tensor<"float32">,
  factor: number,
  change: (block: readonly number[], index: number) => readonly number[],
): Tensor<"float32"> {
  const changed = Tensor.zeros(images.shape);
  for (let index = 0; index < images.size / (factor * factor); index += 1) {
    const positions = listBlock(images, factor, index);
    const block = change(
      positions.map((position) => images.data[position] ?? 0),
      index,
    );
    positions.forEach((position, place) => {
      changed.data[position] = block[place] ?? 0;
    });
  }
  return changed;
}

/** The pixel indices of a block; blocks are numbered like the pixels of the small image. */
function listBlock(images: Tensor<"float32">, factor: number, index: number): readonly number[] {
  const width = images.shape[3] ?? 0;
  const across = width / factor;
  const start = Math.floor(index / across) * factor * width + (index % across) * factor;
  return Array.from(
    { length: factor * factor },
    (_, place) => start + Math.floor(place / factor) * width + (place % factor),
  );
}

/** Bisection steps on an interval of a few units: more precise than float32. */
const halvings = 40;

/**
 * Moves values into 0 to 1 along the weights so that their weighted sum is `target`: `clamp(xᵢ + s · wᵢ)` for the
 * matching s. Clamping alone would change the sum. Values already in range with the right sum are unchanged.
 *
 * @param target - The weighted sum, from 0 to the sum of the weights.
 */
export function fitSum(
  values: readonly number[],
  weights: readonly number[],
  target: number,
): readonly number[] {
  if (values.every((value) => value >= 0 && value <= 1)) return values;
  const move = (shift: number): readonly number[] =>
    values.map((value, index) => Math.min(1, Math.max(0, value + shift * (weights[index] ?? 0))));
  const smallest = Math.min(...weights);
  let low = Math.min(0, -Math.max(...values) / smallest);
  let high = Math.max(0, (1 - Math.min(...values)) / smallest);
  for (let count = 0; count < halvings; count += 1) {
    const middle = (low + high) / 2;
    const sum = move(middle).reduce((total, value, index) => total + value * (weights[index] ?? 0), 0);
    if (sum < target) low = middle;
    else high = middle;
  }
  return move((low + high) / 2);
}
