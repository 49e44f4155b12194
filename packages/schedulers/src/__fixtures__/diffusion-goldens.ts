import { type Generator, type Tensor, TorchGenerator } from "@onestep/core";
import { expect } from "vitest";
import type { Scheduler } from "../scheduler.ts";
import { largestDifference, type PythonOptions, toOptions } from "./goldens.ts";
import { patternModel, patternSample } from "./pattern-model.ts";

/** Numbers of a run. */
interface RunNumbers {
  readonly sigmas?: readonly number[];
  /** The sample after the last step. */
  readonly sample: readonly number[];
  /** The prediction of the clean sample in the last step. */
  readonly predOriginalSample?: readonly number[];
}

/** A run of `patternModel` on `patternSample` that tools/reference/make_diffusion_scheduler_goldens.py wrote. */
export interface DiffusionCase extends RunNumbers {
  readonly config: PythonOptions;
  readonly request: PythonOptions;
  readonly stepOptions?: PythonOptions;
  readonly timesteps: readonly number[];
  /**
   * Those of the library with square roots, `exp` and `log` that are rounded to the nearest number; there where they
   * are others, by more than half of what a test allows.
   */
  readonly nearest?: RunNumbers;
}

/** A file of the script. */
export interface DiffusionGoldens {
  readonly cases: readonly DiffusionCase[];
}

/** A scheduler as its class makes it. */
export type SchedulerMaker = new (options: object) => Scheduler;

/** Options of the stand-in for a network. */
export interface GoldenRunOptions {
  /** What to add to the options of each step; the generator is there already. */
  readonly stepOptions?: object;
  /** What stands in for the network; `patternModel` by default. */
  readonly model?: (sample: Tensor<"float32">, timestep: number) => Tensor<"float32">;
}

/**
 * What a run may differ by from that of the library, of its largest element: schedulers compute in float32, and torch's
 * square root, `exp` and `log` are at times one unit in the last place (1.2e-7) beside the nearest number, on each kind
 * of processor at other places. The steps of a run multiply that. Where it comes to more than this, the library has
 * no number that is right to so many digits, and a run is compared with the one whose functions round to the nearest.
 */
export const goldenTolerance = 1e-5;

/** Runs a scheduler as the script did and compares timesteps, noise levels and where it leads. */
export function expectGoldenRun(
  makeScheduler: SchedulerMaker,
  golden: DiffusionCase,
  options: GoldenRunOptions = {},
): void {
  const scheduler = new makeScheduler(toOptions(golden.config));
  scheduler.setTimesteps(toOptions(golden.request));
  expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(1e-6);
  const { sigmas, sample: end, predOriginalSample } = golden.nearest ?? golden;
  if (sigmas !== undefined) {
    expect(largestDifference(scheduler.sigmas ?? [], sigmas)).toBeLessThan(1e-6);
  }
  const { model = patternModel } = options;
  const generator: Generator = new TorchGenerator(0);
  const stepOptions = { ...toOptions(golden.stepOptions ?? {}), ...options.stepOptions, generator };
  let sample = patternSample().mul(scheduler.initNoiseSigma);
  let predicted: Tensor<"float32"> | undefined;
  for (const timestep of scheduler.timesteps) {
    const modelOutput = model(scheduler.scaleModelInput(sample, timestep), timestep);
    const output = scheduler.step(modelOutput, timestep, sample, stepOptions);
    sample = output.prevSample;
    predicted = output.predOriginalSample;
  }
  expect(largestDifference(sample.data, end)).toBeLessThan(goldenTolerance);
  if (predOriginalSample === undefined) return;
  expect(largestDifference(predicted?.data ?? [], predOriginalSample)).toBeLessThan(goldenTolerance);
}
