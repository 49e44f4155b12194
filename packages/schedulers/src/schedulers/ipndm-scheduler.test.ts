import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { absoluteSum, dummyModel, dummySample } from "../__fixtures__/dummy-model.ts";
import goldens from "../__fixtures__/ipndm-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { IPNDMScheduler } from "./ipndm-scheduler.ts";

const badBetas = "expected a list of at least two numbers from 0 to 1, or null";

describeScheduler({
  schedulerClass: IPNDMScheduler,
  defaults: { numTrainTimesteps: 1000, trainedBetas: null },
  properties: { order: 1, length: 1000, initNoiseSigma: 1, numInferenceSteps: 1000 },
  timestepCount: 1000,
  refusedOptions: [
    [{ trainedBetas: [0.5] }, badBetas],
    [{ trainedBetas: [0.5, 2] }, badBetas],
    [{ trainedBetas: 0.5 }, badBetas],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [1] }, "found `timesteps`, expected exactly one of"],
    [{ numInferenceSteps: 0 }, "found 0, expected a whole number from 1 to 1000000."],
  ],
  goldens,
  step: { wrongTimesteps: [[5, "timestep: found 5, expected one of `scheduler.timesteps`: 1."]] },
});

it("goes by betas of one's own", () => {
  expect(new IPNDMScheduler().timesteps[0]).toBe(1);
  const scheduler = new IPNDMScheduler({ trainedBetas: [1, 0.5, 0] });
  expect(scheduler.timesteps).toHaveLength(2);
  // atan2(0.5, √0.75) is π/6.
  expect(scheduler.timesteps[1]).toBeCloseTo(1 / 3, 6);
});

it("gives the sum of diffusers' full loop (test_scheduler_ipndm.py)", () => {
  const scheduler = new IPNDMScheduler();
  let current = dummySample();
  for (const slopes of ["of the run", "of the last run"]) {
    const { ets } = scheduler;
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    if (slopes === "of the last run") scheduler.ets = ets;
    for (const timestep of scheduler.timesteps) {
      current = scheduler.step(dummyModel(current, timestep), timestep, current).prevSample;
    }
  }
  expect(Math.abs(absoluteSum(current) / 768 - 2540529)).toBeLessThan(10);
});

it("refuses slopes of other shapes", () => {
  const scheduler = new IPNDMScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  scheduler.ets = [Tensor.zeros([1])];
  expect(() => scheduler.step(sample(), 1, sample())).toThrow("ets[0] float32 [1]");
});

it("adds noise as the run takes it away", () => {
  const scheduler = new IPNDMScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 2 });
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), scheduler.timesteps.slice(1));
  // sin²(π/4) is 1/2.
  expect(noisy.data[0]).toBeCloseTo(Math.sqrt(0.75) + 1, 5);
});
