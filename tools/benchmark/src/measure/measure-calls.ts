import type { Task, TimedResult } from "../task.ts";
import { type PreparedCall, prepareForward, prepareImages } from "./prepare-call.ts";
import { readPeakMemory } from "./process-memory.ts";

/** Loads a model, calls it once, then measures calls one by one. */
export async function measureCalls(task: Task): Promise<TimedResult> {
  const prepared: PreparedCall = await (task.kind === "forward" ? prepareForward(task) : prepareImages(task));
  const readyMilliseconds = Date.now() - task.startedAt;
  await prepared.call(0);
  const callMilliseconds: number[] = [];
  for (let repeat = 1; repeat <= task.repeats; repeat += 1) {
    const start = performance.now();
    await prepared.call(repeat);
    callMilliseconds.push(performance.now() - start);
  }
  const peakBytes = readPeakMemory();
  await prepared.dispose();
  return { readyMilliseconds, callMilliseconds, peakBytes };
}
