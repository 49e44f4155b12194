import type { Measurements } from "../compare.ts";
import { type Summary, summarize } from "../statistics.ts";

/** One figure, of every contender. */
export interface ComparisonRow {
  readonly figure: string;
  readonly unit: "ms" | "images/s" | "bytes";
  /** In the order of the contenders. */
  readonly values: readonly Summary[];
  /** The first contender's median by the second's; undefined where there is no second. */
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
