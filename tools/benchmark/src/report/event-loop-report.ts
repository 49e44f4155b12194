import type { EventLoopResult } from "../task.ts";

/** The share of its ticks that a timer keeps while the model works. */
export function tickShare({ ticks, undisturbedTicks }: EventLoopResult): number {
  return ticks / undisturbedTicks;
}

/** Writes how a timer fared. */
export function formatEventLoop(result: EventLoopResult): string {
  const { milliseconds, ticks, undisturbedTicks } = result;
  return [
    `${(milliseconds / 1000).toFixed(2)} s of passes through the model`,
    `${ticks} ticks of a 10 ms timer in the caller's thread meanwhile`,
    `${undisturbedTicks} ticks in the same time with nothing to do: it kept ${(100 * tickShare(result)).toFixed(0)} %`,
  ].join("\n");
}
