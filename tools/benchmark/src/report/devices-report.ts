import type { DeviceMeasurement } from "../devices/measure-devices.ts";
import { formatTable } from "./format-comparison.ts";

/** Writes how fast each device is, and how far from the processor. */
export function formatDevices(measurements: readonly DeviceMeasurement[]): string {
  const [first] = measurements;
  const sizes = first?.calls.map(({ batchSize }) => `${batchSize} at a time`) ?? [];
  const header = ["images a second", ...sizes, "first images after", "largest difference"];
  const rows = measurements.map(({ calls, device, dtype, firstImages, imageDifference }) => [
    `${device}, ${dtype}`,
    ...calls.map(({ batchSize, milliseconds }) => formatRate((1000 * batchSize) / milliseconds.median)),
    `${(firstImages / 1000).toFixed(1)} s`,
    `${imageDifference}/255`,
  ]);
  return formatTable([header, ...rows]);
}

function formatRate(rate: number): string {
  return rate < 100 ? rate.toPrecision(3) : rate.toFixed(0);
}
