import type { MemoryMeasurement } from "../memory/measure-memory.ts";
import { formatTable } from "./format-comparison.ts";

/** Writes a line for each piece of work, and what has to hold of it. */
export function formatMemory(measurements: readonly MemoryMeasurement[]): string {
  const header = ["", "time", "peak memory", "heap grows by", "and keeps", "has to hold"];
  const rows = measurements.map(({ limits, result, succeeded, work }) => [
    work,
    `${(result.milliseconds / 1000).toFixed(1)} s`,
    formatMegabytes(result.peakBytes),
    formatMegabytes(result.heapGrowthBytes),
    formatMegabytes(result.keptBytes),
    [...describeLimits(limits), succeeded ? "" : "DOES NOT HOLD"].join(" "),
  ]);
  return formatTable([header, ...rows]);
}

function describeLimits({ heapGrowthBytes, peakBytes }: MemoryMeasurement["limits"]): readonly string[] {
  return [
    ...(peakBytes === undefined ? [] : [`peak < ${formatMegabytes(peakBytes)}`]),
    ...(heapGrowthBytes === undefined ? [] : [`heap < ${formatMegabytes(heapGrowthBytes)}`]),
  ];
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
