import type { Summary } from "../statistics.ts";
import type { ComparisonRow } from "./comparison-rows.ts";

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
