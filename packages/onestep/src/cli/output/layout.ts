import stringWidth from "string-width";
import { printable } from "./text.ts";

/** Formats rows in columns, two spaces apart. The columns in `right` are right-aligned. */
export function formatTable(
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[]; readonly indent?: string } = {},
): readonly string[] {
  const { right = [], indent = "" } = options;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    }
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const blanks = " ".repeat((widths[column] ?? 0) - columnsOf(cell));
      return right.includes(column) ? blanks + cell : cell + blanks;
    });
    return `${indent}${cells.join("  ")}`.trimEnd();
  });
}

/** The content of a progress bar. */
export interface ProgressState {
  /** The current activity: `Fetching unet/config.json`. */
  readonly label: string;
  /** Progress from 0 to 1; without it there is no bar. */
  readonly fraction?: number | undefined;
  /** Text at the end: `660 MB of 1.18 GB, 12.0 MB/s`. */
  readonly detail: string;
}

const widestBar = 30;
const narrowestBar = 8;

/** One line of at most `columns` columns of a terminal; the bar shrinks first, then the start of the label is cut. */
export function formatProgressLine({ label, fraction, detail }: ProgressState, columns: number): string {
  const percent = fraction === undefined ? "" : `${String(Math.floor(clamp(fraction) * 100)).padStart(3)} %`;
  const tail = [percent, detail].filter((part) => part !== "").join("  ");
  const available = columns - columnsOf(label) - columnsOf(tail) - 6;
  const bar =
    fraction === undefined || available < narrowestBar
      ? ""
      : drawBar(clamp(fraction), Math.min(widestBar, available));
  const rest = [bar, tail].filter((part) => part !== "").join("  ");
  if (rest === "") return cutStart(label, columns);
  return cutEnd(`${cutStart(label, Math.max(0, columns - columnsOf(rest) - 2))}  ${rest}`, columns);
}

function drawBar(fraction: number, width: number): string {
  const filled = Math.floor(fraction * width);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}

/** Width of a {@link printable} text in terminal columns: two for 猫 and 🦊. */
function columnsOf(text: string): number {
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
