import { loadGraphs } from "./load-graphs.ts";
import type { GraphName, PageFunctions } from "./page-task.ts";

// The page of the benchmark: what a process of Node asks it to do, it finds here.
let runs: Record<GraphName, () => Promise<Float32Array>> | undefined;

const functions: PageFunctions = {
  async loadGraphs(task) {
    const loaded = await loadGraphs(task);
    runs = loaded.runs;
    return loaded.largestDifference;
  },
  async runGraph(name, count) {
    const milliseconds: number[] = [];
    for (let pass = 0; pass < count; pass += 1) {
      const start = performance.now();
      await runs?.[name]();
      milliseconds.push(performance.now() - start);
    }
    return milliseconds;
  },
};
Object.assign(globalThis, functions);
