import { styleText } from "node:util";
import type { OutputStream } from "../system.ts";

const usualColumns = 80;
const mostColumns = 100;

/** The width to lay text out in: that of the terminal, at most 100; 80 where it is unknown. */
export function terminalColumns({ isTTY, columns }: OutputStream): number {
  if (isTTY !== true || columns === undefined || columns <= 0) return usualColumns;
  return Math.min(mostColumns, columns);
}

/**
 * Whether to write with colours: to terminals. `--no-color` and `NO_COLOR` switch them off, and so does a terminal that
 * says it has none (`TERM=dumb`). `FORCE_COLOR` decides for files and pipes too, as in other programs: 0 means none.
 */
export function hasColor(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
  words: readonly string[] = [],
): boolean {
  if (words.includes("--no-color")) return false;
  const forced = environment["FORCE_COLOR"] ?? "";
  if (forced !== "") return !/^(0|false)$/i.test(forced);
  return stream.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

/** Whether a terminal can move its cursor, which a bar that is redrawn in place needs. */
export function canRedraw(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

/** `error:` in bold red, `warning:` in bold yellow. `color` decides, not the standard streams of the process. */
export function colorLabel(label: "error:" | "warning:", color: boolean): string {
  const style = label === "error:" ? "red" : "yellow";
  return color ? styleText(["bold", style], label, { validateStream: false }) : label;
}

/** A help text with its headings in bold. */
export function colorHeadings(text: string, color: boolean): string {
  if (!color) return text;
  return text.replaceAll(/^(Usage|[A-Z][a-z ]+):/gm, (heading) =>
    styleText("bold", heading, { validateStream: false }),
  );
}
