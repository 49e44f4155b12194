import { limitField } from "../config/narrowed-field.ts";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";
import { truthField } from "../config/truth-field.ts";

/** The fields of a config that say whether and where predictions are clamped. */
export interface ClippingConfig {
  /** Whether predictions of the clean sample are clamped, where they are not thresholded. */
  readonly clipSample: boolean;
  /**
   * What they are clamped to, in either direction; above 0, 1 by default. Infinity clamps nothing; null only where
   * `clipSample` is false.
   */
  readonly clipSampleRange: number | null;
}

/** The fields of {@link ClippingConfig}. */
export function clippingFields(clipSample: boolean): ConfigFieldsOf<ClippingConfig> {
  return { clipSample: truthField(clipSample), clipSampleRange: limitField(1) };
}
