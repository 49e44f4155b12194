import { HeapWatch } from "./heap-watch.ts";
import type { MeasuredPage } from "./open-measured-page.ts";

/** What one task took. */
export interface StorageFigure {
  readonly task: string;
  readonly milliseconds: number;
  /** The most that the page's heap held, objects and arrays. */
  readonly peakBytes: number;
}

const tasks = [
  ["writeFiles", "openFiles", "readAll", "readParts"],
  ["writeCache", "openCache", "readAll", "readParts"],
];

/** Writes and reads as much as a checkpoint has in the origin private file system and in the Cache API. */
export async function measureStorage(
  { call, page }: MeasuredPage,
  byteCount: number,
): Promise<readonly StorageFigure[]> {
  const figures: StorageFigure[] = [];
  for (const series of tasks) {
    for (const task of series) {
      const watch = await HeapWatch.start(page);
      const start = performance.now();
      await call(task, byteCount);
      const milliseconds = performance.now() - start;
      figures.push({ task, milliseconds, peakBytes: (await watch.stop()).total });
    }
    await call("clear", byteCount);
  }
  return figures;
}
