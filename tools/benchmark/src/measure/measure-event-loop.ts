import { setTimeout as delay } from "node:timers/promises";
import type { EventLoopResult, Task } from "../task.ts";
import { prepareForward } from "./prepare-call.ts";

/** Counts the ticks of a 10 ms timer in this thread while the model works, and while nothing does. */
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
