import { InvalidConfigError } from "@onestep/core";
import { expect, it } from "vitest";
import { betaDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler, takesOnlySteps } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/euler-ancestral-discrete-scheduler.json" with { type: "json" };
import { EulerAncestralDiscreteScheduler } from "./euler-ancestral-discrete-scheduler.ts";

describeScheduler({
  schedulerClass: EulerAncestralDiscreteScheduler,
  defaults: {
    ...betaDefaults,
    predictionType: "epsilon",
    timestepSpacing: "linspace",
    stepsOffset: 0,
    rescaleBetasZeroSnr: false,
  },
  properties: { order: 1, length: 1000 },
  timestepCount: 1000,
  sigmaCount: 1001,
  // diffusers refuses it with the first step.
  refusedOptions: [[{ predictionType: "sample" }, "expected one of epsilon, v_prediction"]],
  refusedRequests: takesOnlySteps(),
  requestOptions: { timestepSpacing: "leading" },
  goldens,
  fullLoops: {
    test: "test_scheduler_euler_ancestral.py",
    options: { numTrainTimesteps: 1100 },
    loops: {
      "no noise": { sum: 152.3192, mean: 0.1983 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 108.4439, mean: 0.1412 },
      noise: { start: 8, sum: 56163.0508, mean: 73.129 },
    },
  },
  step: {
    reminds: true,
    wrongTimesteps: [[1, "Passing integer indices (e.g. from `timesteps.entries()`)"]],
  },
});

it("refuses a file whose model predicts the clean sample", () => {
  const json = { prediction_type: "sample" };
  expect(() => EulerAncestralDiscreteScheduler.fromJson(json, "a file")).toThrow(InvalidConfigError);
});
