import { Tensor } from "@onestep/core";
import { toSample } from "../images/to-sample.ts";
import { fitSum } from "./fit-sum.ts";
import type { KnownContent } from "./known-content.ts";

/**
 * Super-resolution: the average of every block of `factor` x `factor` pixels is known, the detail in it free.
 * `x₁ + (x₀ − average(x₁))` is what `iterative_superres` of openai/consistency_models computes by a rotation of the blocks.
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

/** The average of every block of `factor` x `factor` pixels, which has to divide height and width. */
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

/** Where the pixels of a block are; blocks are counted as the pixels of the small image. */
function listBlock(images: Tensor<"float32">, factor: number, index: number): readonly number[] {
  const width = images.shape[3] ?? 0;
  const across = width / factor;
  const start = Math.floor(index / across) * factor * width + (index % across) * factor;
  return Array.from(
    { length: factor * factor },
    (_, place) => start + Math.floor(place / factor) * width + (place % factor),
  );
}
