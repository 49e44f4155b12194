import { booleanField } from "@onestep/core";
import { fractionField, positiveField } from "../config/narrowed-field.ts";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";

/** The fields of a config that say whether and how predictions are thresholded. */
export interface ThresholdingConfig {
  /** Whether predictions of the clean sample are thresholded dynamically; false by default. */
  readonly thresholding: boolean;
  /** Which quantile of an item's absolute values is its threshold, 0 to 1; 0.995 by default. */
  readonly dynamicThresholdingRatio: number;
  /** The most that a threshold may be; above 0, 1 by default. */
  readonly sampleMaxValue: number;
}

/** The fields of {@link ThresholdingConfig}. */
export function thresholdingFields(): ConfigFieldsOf<ThresholdingConfig> {
  return {
    thresholding: booleanField(false),
    dynamicThresholdingRatio: fractionField(0.995),
    sampleMaxValue: positiveField(1),
  };
}
