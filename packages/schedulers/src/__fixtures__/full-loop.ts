import { expect } from "vitest";
import type { Scheduler } from "../scheduler.ts";
import { absoluteSum, dummyModel, dummyNoise, dummySample } from "./dummy-model.ts";

/** How a loop of diffusers' tests begins. */
export interface FullLoopOptions<Stepper extends Scheduler> {
  /** The index of the first timestep; the sample then has noise of its level. By default it is noise of the first. */
  readonly start?: number | undefined;
  /** The index of the first timestep, where the sample has no noise of its level. */
  readonly from?: number | undefined;
  /** Whether the sample is scaled, at the start and for the model; true by default. */
  readonly isScaled?: boolean;
  readonly stepOptions?: Parameters<Stepper["step"]>[3];
}

/**
 * The sum of a full loop of diffusers' scheduler tests (tests/schedulers), with their sample and stand-in. Like most of
 * them it gives a step the sample that was scaled for the model.
 */
export function fullLoopSum<Stepper extends Scheduler>(
  scheduler: Stepper,
  { start, from = 0, isScaled = true, stepOptions }: FullLoopOptions<Stepper> = {},
): number {
  const timesteps = scheduler.timesteps.slice(start ?? from);
  let sample = isScaled ? dummySample().mul(scheduler.initNoiseSigma) : dummySample();
  if (start !== undefined) sample = scheduler.addNoise(sample, dummyNoise(), timesteps.slice(0, 1));
  for (const timestep of timesteps) {
    const input = isScaled ? scheduler.scaleModelInput(sample, timestep) : sample;
    sample = scheduler.step(dummyModel(input, timestep), timestep, input, stepOptions).prevSample;
  }
  return absoluteSum(sample);
}

/** Compares a sum with the figures of diffusers' tests, as closely as they do; the mean is that of the 768 elements. */
export function expectSum(
  actual: number,
  { sum, mean }: { readonly sum?: number; readonly mean?: number },
  sumTolerance = 1e-2,
): void {
  if (sum !== undefined) expect(Math.abs(actual - sum)).toBeLessThan(sumTolerance);
  if (mean !== undefined) expect(Math.abs(actual / 768 - mean)).toBeLessThan(1e-3);
}
