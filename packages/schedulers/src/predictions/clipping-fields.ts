import { booleanField } from "@onestep/core";
import { positiveField } from "../config/narrowed-field.ts";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";

/** The fields of a config that say whether and where predictions are clamped. */
export interface ClippingConfig {
  /** Whether predictions of the clean sample are clamped, where they are not thresholded. */
  readonly clipSample: boolean;
  /** What they are clamped to, in either direction; above 0, 1 by default. */
  readonly clipSampleRange: number;
}

/** The fields of {@link ClippingConfig}. */
export function clippingFields(clipSample: boolean): ConfigFieldsOf<ClippingConfig> {
  return { clipSample: booleanField(clipSample), clipSampleRange: positiveField(1) };
}
