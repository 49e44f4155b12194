import type { Tensor } from "@onestep/core";
import type { ClippingConfig } from "./clipping-fields.ts";
import { thresholdSample } from "./threshold-sample.ts";
import type { ThresholdingConfig } from "./thresholding-fields.ts";

/** A prediction of the clean sample, thresholded, clamped or as it is. */
export function limitSample(
  sample: Tensor<"float32">,
  config: Partial<ClippingConfig> & Partial<ThresholdingConfig>,
): Tensor<"float32"> {
  const { thresholding, dynamicThresholdingRatio = 1, sampleMaxValue = 1 } = config;
  const { clipSample, clipSampleRange = 1 } = config;
  if (thresholding === true) return thresholdSample(sample, { dynamicThresholdingRatio, sampleMaxValue });
  return clipSample === true ? sample.clamp(-clipSampleRange, clipSampleRange) : sample;
}
