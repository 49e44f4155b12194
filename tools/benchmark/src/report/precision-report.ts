import type { PrecisionMeasurement } from "../precision/measure-precision.ts";
import { formatTable } from "./format-comparison.ts";

/** Writes how far the GPU is from the processor. */
export function formatPrecision(measurements: readonly PrecisionMeasurement[]): string {
  const header = ["", "GPU in", "pixels", "predictions", "not finite"];
  const rows = measurements.map((measurement) => [
    measurement.weights,
    measurement.dtype,
    `${measurement.imageDifference}/255`,
    measurement.relativeDifference.toExponential(1),
    String(measurement.notFinite),
  ]);
  return `largest differences from float32 on the processor\n\n${formatTable([header, ...rows])}`;
}
