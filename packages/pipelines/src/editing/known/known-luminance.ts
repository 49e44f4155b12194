import { Tensor } from "@onestep/core";
import { toSample } from "../images/to-sample.ts";
import { fitSum } from "./fit-sum.ts";
import type { KnownContent } from "./known-content.ts";

/** How much red, green and blue add to what the eye takes for brightness (ITU-R BT.601), as in OpenAI's code. */
export const luminanceWeights: readonly number[] = [0.2989, 0.587, 0.114];

const norm = Math.hypot(...luminanceWeights);
const direction = luminanceWeights.map((weight) => weight / norm);

/**
 * Colorization: the brightness of every pixel is known, which is its part along v̂ = v / |v|, v the weights of red, green
 * and blue; the rest is free. `x₁ + v̂ v̂ᵀ (x₀ − x₁)` is what `iterative_colorization` of openai/consistency_models computes
 * by a rotation of the colours.
 *
 * @param images - [batch, 3, height, width], 0 to 1; grey or not, only their brightness counts.
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

/** Where the three channels of a pixel are. */
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
