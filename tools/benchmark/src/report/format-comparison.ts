import type { Measurements } from "../compare.ts";
import { type Summary, summarize } from "../statistics.ts";

/** Writes the figures as a table: median, and the range in brackets. */
export function formatComparison(names: readonly string[], rows: readonly ComparisonRow[]): string {
  const header = ["", ...names, ...(names.length > 1 ? [`${names[0]} / ${names[1]}`] : [])];
  const body = rows.map(({ figure, unit, values, ratio }) => [
    figure,
    ...values.map((summary) => formatSummary(unit, summary)),
    ...(ratio === undefined ? [] : [ratio.toFixed(2)]),
  ]);
  return formatTable([header, ...body]);
}

function formatSummary(unit: ComparisonRow["unit"], { median, minimum, maximum }: Summary): string {
  const format = units[unit];
  return `${format(median)} (${format(minimum).split(" ")[0]}–${format(maximum).split(" ")[0]})`;
}

const units: Readonly<Record<ComparisonRow["unit"], (value: number) => string>> = {
  ms: (value) => `${(value / 1000).toFixed(3)} s`,
  "images/s": (value) => `${value.toPrecision(3)} /s`,
  bytes: formatBytes,
};

/** Writes a number of bytes in GB, 10⁹ bytes each. */
export function formatBytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(3)} GB`;
}

/** Writes rows of cells under each other: the first column to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One figure, of every contender. */
export interface ComparisonRow {
  readonly figure: string;
  readonly unit: "ms" | "images/s" | "bytes";
  /** In the order of the contenders. */
  readonly values: readonly Summary[];
  /** The first contender's median divided by the second's; undefined if there is no second. */
  readonly ratio: number | undefined;
}

/** The figures of a comparison, from what was measured. */
export function createComparisonRows(contenders: readonly Measurements[]): readonly ComparisonRow[] {
  const row = (
    figure: string,
    unit: ComparisonRow["unit"],
    read: (measurements: Measurements) => readonly number[],
  ): ComparisonRow => {
    const values = contenders.map((measurements) => summarize(read(measurements)));
    const [first, second] = values;
    return { figure, unit, values, ratio: first && second && first.median / second.median };
  };
  const batches = contenders[0]?.images.map(({ batchSize }) => batchSize) ?? [];
  const results = (measurements: Measurements, index: number) => measurements.images[index]?.results ?? [];
  return [
    row("process start to model ready", "ms", ({ forward }) => forward.map((each) => each.readyMilliseconds)),
    row("forward, 1 image", "ms", ({ forward }) => forward.flatMap((each) => each.callMilliseconds)),
    ...batches.map((batchSize, index) =>
      row(`one-step images, ${batchSize} at a time`, "images/s", (measurements) =>
        results(measurements, index).flatMap(({ callMilliseconds }) =>
          callMilliseconds.map((milliseconds) => (batchSize * 1000) / milliseconds),
        ),
      ),
    ),
    row("peak memory, forward, 1 image", "bytes", ({ forward }) => forward.map((each) => each.peakBytes)),
    ...batches.map((batchSize, index) =>
      row(`peak memory, images, ${batchSize} at a time`, "bytes", (measurements) =>
        results(measurements, index).map((each) => each.peakBytes),
      ),
    ),
    row("process start to PNG on disk", "ms", ({ imageFileMilliseconds }) => imageFileMilliseconds),
  ];
}
