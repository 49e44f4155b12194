import { expect } from "vitest";
import type { Scheduler } from "../scheduler.ts";
import { absoluteSum, dummyNoise, dummySample } from "./dummy-model.ts";
import { runThrough } from "./run-through.ts";

/** How a loop of diffusers' tests begins. */
export interface FullLoopOptions<Stepper extends Scheduler> {
  /** The index of the first timestep; the sample then has noise of its level. By default it is noise of the first. */
  readonly start?: number;
  readonly stepOptions?: Parameters<Stepper["step"]>[3];
}

/** The sum of a full loop of diffusers' scheduler tests (tests/schedulers), with their sample and stand-in. */
export function fullLoopSum<Stepper extends Scheduler>(
  scheduler: Stepper,
  { start, stepOptions }: FullLoopOptions<Stepper> = {},
): number {
  const timesteps = scheduler.timesteps.slice(start ?? 0);
  const sample =
    start === undefined
      ? dummySample().mul(scheduler.initNoiseSigma)
      : scheduler.addNoise(dummySample(), dummyNoise(), timesteps.slice(0, 1));
  const outputs = runThrough(scheduler, sample, stepOptions, timesteps);
  return absoluteSum(outputs.at(-1)?.prevSample);
}

/** Compares a sum with the figures of diffusers' tests: the sum to 1e-2, the mean of the 768 elements to 1e-3. */
export function expectSum(actual: number, { sum, mean }: { sum?: number; mean?: number }): void {
  if (sum !== undefined) expect(Math.abs(actual - sum)).toBeLessThan(1e-2);
  if (mean !== undefined) expect(Math.abs(actual / 768 - mean)).toBeLessThan(1e-3);
}
