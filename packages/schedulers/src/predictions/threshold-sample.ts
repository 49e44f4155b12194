import { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";

/**
 * Each item of the batch clamped to a quantile of its own absolute values, from 1 to `sampleMaxValue`, and divided by
 * it: the dynamic thresholding of Saharia et al. 2022 (arXiv:2205.11487), section 2.3.
 */
export function thresholdSample(
  sample: Tensor<"float32">,
  config: Readonly<Record<"dynamicThresholdingRatio" | "sampleMaxValue", number>>,
): Tensor<"float32"> {
  const { dynamicThresholdingRatio, sampleMaxValue } = config;
  const [batchSize = 0] = sample.shape;
  if (sample.size === 0) return sample.clone();
  const items = Array.from({ length: batchSize }, (_, item) => {
    const values = sample.slice(item, item + 1);
    const quantile = float32Quantile(values.data.map(Math.abs), dynamicThresholdingRatio);
    if (Number.isNaN(quantile)) return values.mul(Number.NaN);
    const threshold = Math.min(Math.max(quantile, 1), Math.fround(sampleMaxValue));
    return values.clamp(-threshold, threshold).div(threshold);
  });
  return Tensor.concat(items);
}

/** `torch.quantile` in float32, interpolated linearly; NaN where a value is. Sorts `values`. */
function float32Quantile(values: Float32Array, ratio: number): number {
  values.sort();
  const last = values.length - 1;
  const top = values[last] ?? Number.NaN;
  if (Number.isNaN(top)) return top;
  const rank = float32.mul(Math.fround(ratio), last);
  const below = values[Math.floor(rank)] ?? top;
  const above = values[Math.ceil(rank)] ?? top;
  const weight = float32.sub(rank, Math.floor(rank));
  // `torch.lerp` starts from the nearer end and rounds once.
  const [start, part] = weight < 0.5 ? [below, weight] : [above, float32.sub(weight, 1)];
  return Math.fround(start + part * float32.sub(above, below));
}
