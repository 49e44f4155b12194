import { InvalidConfigError, type Tensor } from "@onestep/core";
import { toSnakeCase } from "@onestep/core/internal";
import type { ClippingConfig } from "./clipping-fields.ts";
import { thresholdSample } from "./threshold-sample.ts";
import type { ThresholdingConfig } from "./thresholding-fields.ts";

/** What {@link limitSample} is told: all of it, or what a scheduler has of it. */
export type LimitConfig = Partial<ClippingConfig> & Partial<ThresholdingConfig>;

/** A prediction of the clean sample, thresholded, clamped or as it is. */
export function limitSample(sample: Tensor<"float32">, config: LimitConfig): Tensor<"float32"> {
  // A schema refuses limits that are null where they are needed.
  if (config.thresholding === true) {
    const { dynamicThresholdingRatio, sampleMaxValue } = config;
    return thresholdSample(sample, {
      dynamicThresholdingRatio: dynamicThresholdingRatio ?? 1,
      sampleMaxValue: sampleMaxValue ?? 1,
    });
  }
  const range = config.clipSampleRange ?? 1;
  return config.clipSample === true ? sample.clamp(-range, range) : sample;
}

/**
 * Checks that the limits which a config asks for are numbers.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where one is null.
 */
export function requireLimits(subject: string, config: LimitConfig): void {
  const { thresholding, clipSample } = config;
  const condition = thresholding === true ? "thresholding" : "clipSample";
  const names: readonly (keyof LimitConfig)[] =
    thresholding === true
      ? ["dynamicThresholdingRatio", "sampleMaxValue"]
      : clipSample === true
        ? ["clipSampleRange"]
        : [];
  const missing = names.find((name) => config[name] === null);
  if (missing === undefined) return;
  throw new InvalidConfigError({
    subject: `${subject}: ${toSnakeCase(missing)}`,
    found: `null with ${toSnakeCase(condition)} true`,
    expected: "a number",
    remedy: `Set it, or ${toSnakeCase(condition)} to false.`,
  });
}
