import { Tensor } from "@onestep/core";

/** One item for each of a batch: as they are, or the only one again and again. */
export function repeatForBatch(items: Tensor<"float32">, batchSize: number): Tensor<"float32"> {
  if (items.shape[0] === batchSize) return items;
  return Tensor.concat(new Array<Tensor<"float32">>(batchSize).fill(items));
}
