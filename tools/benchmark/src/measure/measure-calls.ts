import { setTimeout as delay } from "node:timers/promises";
import type { EventLoopResult, PublishedResult, SoakResult, Task, TimedResult } from "../task.ts";
import { type PreparedCall, prepareForward, prepareImages } from "./prepare-call.ts";
import { readMemory, readPeakMemory } from "./process-memory.ts";

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

/** Makes images repeatedly, and records the memory in use after each call. */
export async function measureSoak(task: Task): Promise<SoakResult> {
  const prepared = await prepareImages(task);
  const residentBytes: number[] = [];
  for (let repeat = 1; repeat <= task.repeats; repeat += 1) {
    await prepared.call(repeat);
    residentBytes.push(readMemory());
  }
  await prepared.dispose();
  return { residentBytes };
}

/** Counts the ticks of a 10 ms timer in this thread while the model runs, and while it is idle. */
export async function measureEventLoop(task: Task): Promise<EventLoopResult> {
  const prepared = await prepareForward(task);
  await prepared.call(0);
  const busy = await countTicks(async () => {
    for (let repeat = 1; repeat <= task.repeats; repeat += 1) await prepared.call(repeat);
  });
  const undisturbed = await countTicks(() => delay(busy.milliseconds));
  await prepared.dispose();
  return { ...busy, undisturbedTicks: undisturbed.ticks };
}

async function countTicks(work: () => Promise<void>): Promise<{ milliseconds: number; ticks: number }> {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 10);
  const start = performance.now();
  await work();
  clearInterval(timer);
  return { milliseconds: performance.now() - start, ticks };
}

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
