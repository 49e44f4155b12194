/** Lays rows out in columns, two spaces apart. The columns named in `right` are aligned to the right. */
export function formatTable(
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[]; readonly indent?: string } = {},
): readonly string[] {
  const { right = [], indent = "" } = options;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}

/** What a progress bar shows. */
export interface ProgressState {
  /** What is going on: `Fetching unet/config.json`. */
  readonly label: string;
  /** How much is done, from 0 to 1; without it there is no bar. */
  readonly fraction?: number | undefined;
  /** What stands at the end: `660 MB of 1.18 GB, 12.0 MB/s`. */
  readonly detail: string;
}

const widestBar = 30;
const narrowestBar = 8;

/** One line of at most `columns` characters; the bar shrinks first, then the label is cut at its start. */
export function formatProgressLine({ label, fraction, detail }: ProgressState, columns: number): string {
  const percent = fraction === undefined ? "" : `${String(Math.floor(clamp(fraction) * 100)).padStart(3)} %`;
  const tail = [percent, detail].filter((part) => part !== "").join("  ");
  const available = columns - label.length - tail.length - 6;
  const bar =
    fraction === undefined || available < narrowestBar
      ? ""
      : drawBar(clamp(fraction), Math.min(widestBar, available));
  const rest = [bar, tail].filter((part) => part !== "").join("  ");
  if (rest === "") return cutStart(label, columns);
  return `${cutStart(label, Math.max(0, columns - rest.length - 2))}  ${rest}`.slice(0, columns);
}

function drawBar(fraction: number, width: number): string {
  const filled = Math.floor(fraction * width);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}

function cutStart(text: string, length: number): string {
  if (text.length <= length) return text;
  return length <= 3 ? text.slice(0, length) : `...${text.slice(text.length - length + 3)}`;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
