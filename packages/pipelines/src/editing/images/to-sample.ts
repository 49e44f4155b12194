import type { Tensor } from "@onestep/core";

/** From the range of pixels, 0 to 1, to that which models work in, -1 to 1. */
export function toSample(pixels: Tensor<"float32">): Tensor<"float32"> {
  return pixels.mul(2).sub(1);
}
