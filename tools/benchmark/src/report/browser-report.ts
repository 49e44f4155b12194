import type { BrowserMeasurements, GraphMeasurements } from "../browser/measure-browser.ts";
import type { GraphName } from "../page/page-task.ts";
import { type Summary, summarize } from "../statistics.ts";
import { formatTable } from "./format-comparison.ts";

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
