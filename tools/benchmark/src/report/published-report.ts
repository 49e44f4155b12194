import type { PublishedMeasurement } from "../published.ts";
import { formatBytes, formatTable } from "./format-comparison.ts";

/** Writes a line for each configuration, and how many are as they have to be. */
export function formatPublished(measurements: readonly PublishedMeasurement[]): string {
  const header = ["", "parameters", "as diffusers", "ready", "one pass", "peak memory", "prediction"];
  const rows = measurements.map((measurement) => [
    measurement.repository,
    measurement.parameters.toLocaleString("en"),
    measurement.parameters === measurement.expectedParameters
      ? "yes"
      : `no: ${measurement.expectedParameters}`,
    formatSeconds(measurement.readyMilliseconds),
    formatSeconds(measurement.forwardMilliseconds),
    formatBytes(measurement.peakBytes),
    `[${measurement.shape.join(", ")}], ${measurement.magnitude?.toFixed(3) ?? "not finite"}`,
  ]);
  const succeeded = measurements.filter(({ succeeded }) => succeeded).length;
  return [
    formatTable([header, ...rows]),
    "",
    `${succeeded} of ${measurements.length} build, run, and have the parameters of diffusers`,
  ].join("\n");
}

function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
