import { expect, it } from "vitest";
import { describeEDMSampler } from "../__fixtures__/describe-edm-sampler.ts";
import { describeHalfSteps } from "../__fixtures__/describe-scheduler.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMDPM2Scheduler } from "./edm-dpm2-scheduler.ts";

describeEDMSampler(EDMDPM2Scheduler, { hasChurn: true, timestepCount: 2000 });
describeHalfSteps(EDMDPM2Scheduler);

it("evaluates the model in the middle of each step, the last one too", () => {
  const scheduler = EDMDPM2Scheduler.fromConfig(new CMStochasticIterativeScheduler({ sigmaMax: 50 }).config);
  expect(scheduler.config).toMatchObject({ timestepScale: 1000, sigmaMax: 50, sChurn: 0 });
  scheduler.setTimesteps({ numInferenceSteps: 2 });
  expect(scheduler.timesteps).toHaveLength(4);
  const [start = 0, middle = 0, low = 0, last = 0, end] = scheduler.sigmas;
  expect(middle).toBeCloseTo(((Math.cbrt(start) + Math.cbrt(low)) / 2) ** 3, 4);
  // Half of the cube root.
  expect(last).toBeCloseTo(low / 8, 8);
  expect(end).toBe(0);
  expect(scheduler.clone().config).toEqual(scheduler.config);
});

it("goes by the slope in the middle alone", () => {
  const scheduler = new EDMDPM2Scheduler({ clipDenoised: false });
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  const [first = 0, second = 0] = scheduler.timesteps;
  const { prevSample } = scheduler.step(sample(), first, sample());
  const { predOriginalSample } = scheduler.step(sample(), second, prevSample);
  expect(scheduler).toMatchObject({ stepIndex: 2, stateInFirstOrder: true });
  expect(predOriginalSample.shape).toEqual([2, 1, 2, 4]);
});
