import type { PublishedResult, Task } from "../task.ts";
import { prepareForward } from "./prepare-call.ts";
import { readPeakMemory } from "./process-memory.ts";

/** Loads a model and calls it once. */
export async function measurePublished(task: Task): Promise<PublishedResult> {
  const { call, dispose, parameters } = await prepareForward(task);
  const readyMilliseconds = Date.now() - task.startedAt;
  const start = performance.now();
  const { sample } = await call();
  const forwardMilliseconds = performance.now() - start;
  const peakBytes = readPeakMemory();
  await dispose();
  const squares = sample.data.reduce((sum, value) => sum + value ** 2, 0);
  return {
    parameters,
    readyMilliseconds,
    forwardMilliseconds,
    peakBytes,
    shape: sample.shape,
    magnitude: Number.isFinite(squares) ? Math.sqrt(squares / sample.data.length) : null,
  };
}
