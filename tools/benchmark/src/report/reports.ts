import type { BrowserMeasurements, GraphMeasurements } from "../browser/measure-browser.ts";
import type { DeviceMeasurement } from "../devices/measure-devices.ts";
import type { MemoryMeasurement } from "../memory/measure-memory.ts";
import type { GraphName } from "../page/page-task.ts";
import type { PrecisionMeasurement } from "../precision/measure-precision.ts";
import type { PublishedMeasurement } from "../published.ts";
import { type Summary, summarize } from "../statistics.ts";
import type { EventLoopResult, SoakResult } from "../task.ts";
import { formatBytes, formatTable } from "./format-comparison.ts";

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

/** The share of its ticks that a timer keeps while the model works. */
function tickShare({ ticks, undisturbedTicks }: EventLoopResult): number {
  return ticks / undisturbedTicks;
}

/** Writes how a timer fared. */
export function formatEventLoop(result: EventLoopResult): string {
  const { milliseconds, ticks, undisturbedTicks } = result;
  return [
    `${(milliseconds / 1000).toFixed(2)} s of passes through the model`,
    `${ticks} ticks of a 10 ms timer in the caller's thread meanwhile`,
    `${undisturbedTicks} ticks in the same time with nothing to do: it kept ${(100 * tickShare(result)).toFixed(0)} %`,
  ].join("\n");
}

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

/** Memory early and late in a run of many generations, in bytes. */
interface SoakSummary {
  readonly generations: number;
  /** After the tenth, or the last where there are fewer. */
  readonly early: number;
  readonly last: number;
  readonly highest: number;
  /** By how much of it `last` exceeds `early`. */
  readonly growth: number;
}

/** Sums up a run of at least one generation. */
function summarizeSoak({ residentBytes }: SoakResult): SoakSummary {
  const last = residentBytes.at(-1);
  if (last === undefined) throw new RangeError("There is nothing to summarize.");
  const early = residentBytes[9] ?? last;
  const highest = Math.max(...residentBytes);
  return { generations: residentBytes.length, early, last, highest, growth: last / early - 1 };
}

/** Writes how much memory was in use. */
export function formatSoak(result: SoakResult): string {
  const { generations, early, last, highest, growth } = summarizeSoak(result);
  return [
    `${generations} generations in one process`,
    `memory after the 10th: ${formatBytes(early)}, after the last: ${formatBytes(last)}, at most ${formatBytes(highest)}`,
    `growth: ${(100 * growth).toFixed(1)} %`,
  ].join("\n");
}

/**
 * Writes the figures of a browser as a table: medians, and ranges in brackets. Time by the clock, then the time that
 * processors spent, which does not depend on what else the machine does.
 */
export function formatBrowser({ browser, graphs }: BrowserMeasurements): string {
  const header = ["wasm, one pass", "Onestep", "torch.onnx", "Onestep / torch.onnx"];
  const rows = graphs.flatMap((measurements) => {
    const label = `${measurements.threads} thread${measurements.threads === 1 ? "" : "s"}`;
    return [
      formatRow(`${label}, by the clock`, clockTimes(measurements)),
      formatRow(`${label}, of processors`, processorTimes(measurements)),
    ];
  });
  const difference = Math.max(...graphs.map(({ largestDifference }) => largestDifference));
  return `${browser}\n\n${formatTable([header, ...rows])}\n\nlargest difference: ${difference.toExponential(1)}`;
}

type Times = Readonly<Record<GraphName, readonly number[]>>;

function clockTimes({ blocks }: GraphMeasurements): Times {
  const of = (name: GraphName) => blocks.flatMap((block) => block[name].milliseconds);
  return { built: of("built"), exported: of("exported") };
}

function processorTimes({ blocks }: GraphMeasurements): Times {
  const of = (name: GraphName) =>
    blocks.map((block) => block[name].processorMilliseconds / block[name].milliseconds.length);
  return { built: of("built"), exported: of("exported") };
}

function formatRow(label: string, times: Times): readonly string[] {
  const [built, exported] = [summarize(times.built), summarize(times.exported)];
  return [
    label,
    formatMilliseconds(built),
    formatMilliseconds(exported),
    (built.median / exported.median).toFixed(2),
  ];
}

function formatMilliseconds({ median, minimum, maximum }: Summary): string {
  return `${median.toFixed(0)} ms (${minimum.toFixed(0)}–${maximum.toFixed(0)})`;
}
