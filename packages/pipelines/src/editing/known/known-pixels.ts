import { Tensor } from "@onestep/core";
import { toSample } from "../images/to-sample.ts";
import type { KnownContent } from "./known-content.ts";

/**
 * Inpainting: the pixels under a mask are free, all others known, as in `iterative_inpainting` of
 * openai/consistency_models. A mask between 0 and 1 mixes the two in every step.
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
