import { nullableField, PythonFloat } from "@onestep/core";
import { fractionField, limitField } from "../config/narrowed-field.ts";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";
import { truthField } from "../config/truth-field.ts";

/** The fields of a config that say whether and how predictions are thresholded. */
export interface ThresholdingConfig {
  /** Whether predictions of the clean sample are thresholded dynamically; false by default. */
  readonly thresholding: boolean;
  /**
   * Which quantile of an item's absolute values is its threshold, 0 to 1; 0.995 by default. Null only where `thresholding`
   * is false.
   */
  readonly dynamicThresholdingRatio: number | null;
  /** The most that a threshold may be; above 0, 1 by default. Null only where `thresholding` is false. */
  readonly sampleMaxValue: number | null;
}

/** The fields of {@link ThresholdingConfig}. */
export function thresholdingFields(): ConfigFieldsOf<ThresholdingConfig> {
  return {
    thresholding: truthField(false),
    dynamicThresholdingRatio: nullableField(fractionField(0.995), new PythonFloat(0.995)),
    sampleMaxValue: limitField(1),
  };
}
