import type { Tensor } from "@onestep/core";

/** The Euclidean norm of an item of the batch, averaged over its items; a float32 number. */
export function meanItemNorm(tensor: Tensor<"float32">): number {
  const [batchSize = 0] = tensor.shape;
  let sum = 0;
  for (let item = 0; item < batchSize; item += 1) {
    const { data } = tensor.slice(item, item + 1);
    sum += Math.fround(Math.sqrt(data.reduce((total, value) => total + value * value, 0)));
  }
  return Math.fround(sum / batchSize);
}
