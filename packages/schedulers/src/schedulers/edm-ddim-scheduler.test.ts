import { expect, it } from "vitest";
import { describeEDMSampler } from "../__fixtures__/describe-edm-sampler.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMDDIMScheduler } from "./edm-ddim-scheduler.ts";

describeEDMSampler(EDMDDIMScheduler, { hasChurn: false, timestepCount: 1000 });

it("goes from sigmaMax to no noise, or with as many steps to sigmaMin", () => {
  const { config } = new CMStochasticIterativeScheduler({ sigmaMax: 50 });
  const scheduler = EDMDDIMScheduler.fromConfig(config);
  expect(scheduler).toMatchObject({ order: 1, initNoiseSigma: 50, length: 1000 });
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  expect(scheduler.timesteps).toHaveLength(4);
  expect(scheduler.sigmas.at(-1)).toBe(0);
  const stopping = EDMDDIMScheduler.fromConfig(config, { finalSigmasType: "sigma_min" });
  stopping.setTimesteps({ numInferenceSteps: 4 });
  expect(stopping.timesteps).toHaveLength(4);
  expect(stopping.sigmas.at(-1)).toBeCloseTo(0.002, 8);
});

it.each(["karras", "exponential"] as const)("begins at sigmaMax in a single step, %s", (sigmaSchedule) => {
  const scheduler = new EDMDDIMScheduler({ sigmaSchedule });
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  expect(scheduler.sigmas[0]).toBeCloseTo(80, 4);
  expect(scheduler.sigmas[1]).toBe(0);
});

it("takes a step to no noise to the prediction", () => {
  const scheduler = new EDMDDIMScheduler({ clipDenoised: false });
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  const [timestep = 0] = scheduler.timesteps;
  const { prevSample, predOriginalSample } = scheduler.step(sample(), timestep, sample());
  for (const [place, value] of prevSample.data.entries()) {
    expect(value).toBeCloseTo(Number(predOriginalSample.data[place]), 5);
  }
});
