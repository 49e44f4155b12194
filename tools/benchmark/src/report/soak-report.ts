import type { SoakResult } from "../task.ts";
import { formatBytes } from "./format-comparison.ts";

/** Memory early and late in a run of many generations, in bytes. */
export interface SoakSummary {
  readonly generations: number;
  /** After the tenth, or the last where there are fewer. */
  readonly early: number;
  readonly last: number;
  readonly highest: number;
  /** By how much of it `last` exceeds `early`. */
  readonly growth: number;
}

/** Sums up a run of at least one generation. */
export function summarizeSoak({ residentBytes }: SoakResult): SoakSummary {
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
