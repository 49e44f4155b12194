import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { printable } from "./text.ts";

/** How to format a table. */
export interface TableOptions {
  /** The columns that are right-aligned. */
  readonly right?: readonly number[];
  readonly indent?: string;
  /** The width to fit: long cells are wrapped. Unlimited by default, since programs read lines. */
  readonly columns?: number | undefined;
}

const gap = 2;
const narrowestColumn = 8;

/** Formats rows in columns, two spaces apart. */
export function formatTable(
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): readonly string[] {
  const { right = [], indent = "", columns = Number.POSITIVE_INFINITY } = options;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    }
  }
  narrow(widths, columns - indent.length, right);
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => wrapCell(cell, widths[column] ?? 0));
    const height = Math.max(1, ...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const parts = cells.map((lines, column) => {
        const text = lines[line] ?? "";
        const blanks = " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(text)));
        return right.includes(column) ? blanks + text : text + blanks;
      });
      return `${indent}${parts.join(" ".repeat(gap))}`.trimEnd();
    });
  });
}

/** Makes the widest columns narrower until a table fits, except numbers. */
function narrow(widths: number[], columns: number, fixed: readonly number[]): void {
  const total = (): number => widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));
  while (total() > columns) {
    const flexible = widths.map((width, column) => (fixed.includes(column) ? 0 : width));
    const widest = Math.max(...flexible);
    if (widest <= narrowestColumn) return;
    const second = Math.max(narrowestColumn, ...flexible.filter((width) => width < widest));
    const column = flexible.indexOf(widest);
    widths[column] = Math.max(second, widest - (total() - columns), narrowestColumn);
    if (widths[column] === widest) widths[column] = widest - 1;
  }
}

function wrapCell(cell: string, width: number): readonly string[] {
  if (columnsOf(cell) <= width) return [cell];
  return wrapAnsi(printable(cell), width, { hard: true }).split("\n");
}

/** The content of a progress bar. */
export interface ProgressState {
  /** The current activity: `Fetching unet/config.json`. */
  readonly label: string;
  /** Progress from 0 to 1; without it there is no bar. */
  readonly fraction?: number | undefined;
  /** Facts at the end, the most important first: `660 MB of 1.18 GB`, `12.0 MB/s`, `43 s left`. */
  readonly facts: readonly string[];
}

const widestBar = 30;
const narrowestBar = 8;
const narrowestLabel = 16;

/**
 * One line of at most `columns` columns of a terminal. Where there is little room, the bar shrinks, then facts are left
 * out, then the start of the label is cut.
 */
export function formatProgressLine({ label, fraction, facts }: ProgressState, columns: number): string {
  const percent = fraction === undefined ? "" : `${String(Math.floor(clamp(fraction) * 100)).padStart(3)} %`;
  const labelColumns = Math.min(columnsOf(label), narrowestLabel);
  const tails = fewerFacts(facts).map((some) =>
    [percent, some.join(", ")].filter((part) => part !== "").join("  "),
  );
  const tail = tails.find((one) => labelColumns + gap + columnsOf(one) <= columns) ?? tails[0] ?? "";
  const available = columns - columnsOf(label) - columnsOf(tail) - 3 * gap;
  const bar =
    fraction === undefined || available < narrowestBar
      ? ""
      : drawBar(clamp(fraction), Math.min(widestBar, available));
  const rest = [bar, tail].filter((part) => part !== "").join("  ");
  if (rest === "") return cutStart(label, columns);
  return cutEnd(`${cutStart(label, Math.max(0, columns - columnsOf(rest) - gap))}  ${rest}`, columns);
}

/** All facts; then without those in the middle; then the last; then the first; then none. A single one is kept. */
function fewerFacts(facts: readonly string[]): readonly (readonly string[])[] {
  if (facts.length <= 1) return [facts];
  const first = facts.slice(0, 1);
  const last = facts.slice(1).slice(-1);
  return [facts, [...first, ...last], last, first, []];
}

function drawBar(fraction: number, width: number): string {
  const filled = Math.floor(fraction * width);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}

/** Width of a {@link printable} text in terminal columns: two for 猫 and 🦊. */
export function columnsOf(text: string): number {
  return stringWidth(printable(text));
}

function cutStart(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns <= 3) return cutEnd(text, columns);
  return `...${takeColumns(charactersOf(text).reverse(), columns - 3)
    .reverse()
    .join("")}`;
}

function cutEnd(text: string, columns: number): string {
  return takeColumns(charactersOf(text), columns).join("");
}

/** Grapheme clusters: 👩‍🚀 is one. */
function charactersOf(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/** The first characters, as many as fit. */
function takeColumns(characters: readonly string[], columns: number): string[] {
  let left = columns;
  const end = characters.findIndex((character) => {
    left -= columnsOf(character);
    return left < 0;
  });
  return characters.slice(0, end === -1 ? characters.length : end);
}
