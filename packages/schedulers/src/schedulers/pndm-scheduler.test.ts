import { expect, it } from "vitest";
import { betaDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import goldens from "../__fixtures__/pndm-scheduler.json" with { type: "json" };
import { PNDMScheduler } from "./pndm-scheduler.ts";

describeScheduler({
  schedulerClass: PNDMScheduler,
  defaults: {
    ...betaDefaults,
    skipPrkSteps: false,
    setAlphaToOne: false,
    predictionType: "epsilon",
    timestepSpacing: "leading",
    stepsOffset: 0,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1 },
  timestepCount: 1000,
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [
      { numInferenceSteps: 3 },
      "numInferenceSteps: found 3, expected at least 4 steps, since a run begins with",
    ],
    [{ numInferenceSteps: 1001 }, "found 1001, expected a whole number from 1 to 1000."],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_pndm.py",
    loops: {
      "no noise": { sum: 198.1318, mean: 0.258 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 67.3986, mean: 0.0878 },
      "ᾱ of 1 at the end": { options: { setAlphaToOne: true, betaStart: 0.01 }, sum: 230.0399, mean: 0.2995 },
      "ᾱ of timestep 0 at the end": { options: { betaStart: 0.01 }, sum: 186.9482, mean: 0.2434 },
    },
  },
  step: {
    options: { skipPrkSteps: true },
    needsRun: true,
    wrongTimesteps: [[1000, "timestep: found 1000, expected a whole number from 0 to 999."]],
    // It counts its steps, whatever index a caller begins with.
    beginIndex: 0,
  },
});

it("has the timesteps of diffusers (test_steps_offset)", () => {
  const scheduler = new PNDMScheduler({ stepsOffset: 1 });
  expect(scheduler.plmsTimesteps).toHaveLength(0);
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect([...scheduler.timesteps]).toEqual([
    901, 851, 851, 801, 801, 751, 751, 701, 701, 651, 651, 601, 601, 501, 401, 301, 201, 101, 1,
  ]);
  expect(scheduler.prkTimesteps).toHaveLength(12);
  expect([...scheduler.plmsTimesteps]).toEqual([601, 501, 401, 301, 201, 101, 1]);
  expect(scheduler.numInferenceSteps).toBe(10);
});

it("corrects the first step where it skips the Runge-Kutta steps, unless it is the only one", () => {
  const scheduler = new PNDMScheduler({ skipPrkSteps: true, stepsOffset: 1 });
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  expect([...scheduler.timesteps]).toEqual([751, 501, 501, 251, 1]);
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  expect([...scheduler.timesteps]).toEqual([1]);
});

it("counts its steps, whatever index a caller begins with", () => {
  const scheduler = new PNDMScheduler({ skipPrkSteps: true });
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  scheduler.setBeginIndex(2);
  for (const timestep of scheduler.timesteps.slice(2)) scheduler.step(sample(), timestep, sample());
  expect(scheduler).toMatchObject({ stepIndex: 3, beginIndex: 2 });
});
