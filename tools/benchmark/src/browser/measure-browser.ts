import type { GraphName } from "../page/page-task.ts";
import { openBenchmarkBrowser, type Passes } from "./open-benchmark-browser.ts";

/** The measurements for a number of threads: passes of both graphs, in alternating blocks. */
export interface GraphMeasurements {
  readonly threads: number;
  readonly blocks: readonly Readonly<Record<GraphName, Passes>>[];
  /** The largest difference between the two predictions. */
  readonly largestDifference: number;
}

/** Everything that was measured in Chromium. */
export interface BrowserMeasurements {
  readonly browser: string;
  readonly graphs: readonly GraphMeasurements[];
}

/** Options of {@link measureBrowser}. */
export interface MeasureBrowserOptions {
  readonly checkpoint: string;
  /** Whether labels are passed. */
  readonly classes: number | null;
  /** The path of the torch.onnx export of the same checkpoint. */
  readonly exported: string;
  /** Blocks of each graph. */
  readonly rounds: number;
  /** Passes in a block. */
  readonly repeats: number;
  /** The maximum number of wasm threads; one thread is measured as well. */
  readonly threads: number;
  readonly onStart: (description: string) => void;
}

/**
 * Measures passes through the network as built here and as exported by torch.onnx, on wasm in Chromium. The blocks
 * alternate, as does which graph goes first, so that a machine whose speed drifts favours neither.
 */
export async function measureBrowser(options: MeasureBrowserOptions): Promise<BrowserMeasurements> {
  const { checkpoint, classes, exported, rounds, repeats, threads, onStart } = options;
  const browser = await openBenchmarkBrowser(checkpoint, exported);
  const graphs: GraphMeasurements[] = [];
  try {
    for (const count of new Set([1, threads])) {
      onStart(`wasm, threads: ${count}`);
      const classLabel = classes === null ? undefined : 145 % classes;
      const page = await browser.open({ threads: count, classLabel });
      const blocks: Record<GraphName, Passes>[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const exportedFirst = round % 2 === 1 ? await page.run("exported", repeats) : undefined;
        const built = await page.run("built", repeats);
        blocks.push({ built, exported: exportedFirst ?? (await page.run("exported", repeats)) });
      }
      graphs.push({ threads: count, blocks, largestDifference: page.largestDifference });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return { browser: browser.version, graphs };
}
