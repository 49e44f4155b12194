import { expect, it } from "vitest";
import { conversionDefaults, stableDiffusionBetas } from "../__fixtures__/defaults.ts";
import {
  describeCustomTimesteps,
  describeHalfSteps,
  describeScheduler,
} from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/heun-discrete-scheduler.json" with { type: "json" };
import { HeunDiscreteScheduler } from "./heun-discrete-scheduler.ts";

/** The configuration of diffusers' tests. */
const tested = { numTrainTimesteps: 1100, betaStart: 0.0001, betaEnd: 0.02 };

describeScheduler({
  schedulerClass: HeunDiscreteScheduler,
  defaults: {
    ...stableDiffusionBetas,
    ...conversionDefaults,
    predictionType: "epsilon",
    clipSample: false,
    clipSampleRange: 1,
    timestepSpacing: "linspace",
    stepsOffset: 0,
  },
  properties: { order: 2, length: 1000, numInferenceSteps: 1000 },
  timestepCount: 1999,
  sigmaCount: 2000,
  contradictions: [
    [
      { useKarrasSigmas: true, useExponentialSigmas: true },
      "found use_karras_sigmas and use_exponential_sigmas at once, expected at most one",
    ],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{ numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 1000000."],
    [
      { timesteps: [1, 2] },
      "timesteps: found 2 at index 1, expected numbers from 0 to 999, strictly descending",
    ],
    [
      { timesteps: [5] },
      "timesteps: found timesteps with Karras, exponential or beta sigmas",
      { useBetaSigmas: true },
    ],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_heun.py",
    options: tested,
    loops: {
      "no noise": { sum: 0.1233, mean: 0.0002 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 4.6934e-7, mean: 6.1112e-10 },
      "Karras sigmas": { options: { useKarrasSigmas: true }, sum: 0.00015, mean: 1.9869554535034695e-7 },
      noise: { start: 16, sum: 75074.8906, mean: 97.7538 },
    },
  },
  step: {
    wrongTimesteps: [[5, "timestep: found 5, expected one of `scheduler.timesteps`: 0."]],
    beginIndex: 2,
  },
});

describeCustomTimesteps(
  HeunDiscreteScheduler,
  ["epsilon", "sample", "v_prediction"].flatMap((predictionType) =>
    ["linspace", "leading"].map((timestepSpacing) => ({ ...tested, predictionType, timestepSpacing })),
  ),
);

describeHalfSteps(HeunDiscreteScheduler);

it("has every timestep but the first twice", () => {
  const scheduler = new HeunDiscreteScheduler({ timestepSpacing: "leading" });
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  expect([...scheduler.timesteps]).toEqual([750, 500, 500, 250, 250, 0, 0]);
  expect(scheduler.sigmas).toHaveLength(8);
  expect(scheduler.numInferenceSteps).toBe(4);
});
