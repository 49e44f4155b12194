import { expect, it } from "vitest";
import { betaDefaults, conversionDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler, takesOnlySteps } from "../__fixtures__/describe-scheduler.ts";
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import goldens from "../__fixtures__/lms-discrete-scheduler.json" with { type: "json" };
import { LMSDiscreteScheduler } from "./lms-discrete-scheduler.ts";

describeScheduler({
  schedulerClass: LMSDiscreteScheduler,
  defaults: {
    ...betaDefaults,
    ...conversionDefaults,
    predictionType: "epsilon",
    timestepSpacing: "linspace",
    stepsOffset: 0,
  },
  properties: { order: 1, length: 1000, numInferenceSteps: 1000 },
  timestepCount: 1000,
  sigmaCount: 1001,
  contradictions: [
    [{ useKarrasSigmas: true, useBetaSigmas: true }, "found use_karras_sigmas and use_beta_sigmas at once"],
  ],
  refusedRequests: takesOnlySteps(),
  requestOptions: { timestepSpacing: "trailing" },
  goldens,
  fullLoops: {
    test: "test_scheduler_lms.py",
    options: { numTrainTimesteps: 1100 },
    loops: {
      "no noise": { sum: 1006.388, mean: 1.31 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 0.0017, mean: 2.2676e-6 },
      noise: { start: 8, sum: 27663.6895, mean: 36.0204 },
      "Karras sigmas": { options: { useKarrasSigmas: true }, mean: 4.9648 },
    },
  },
  step: {
    reminds: true,
    wrongOptions: [
      [{ order: 0 }, "order: found 0, expected a whole number from 1 to 20. Leave it out for 4."],
    ],
  },
});

it("gives the sum of diffusers' full loop with Karras sigmas, to the tolerance of its test", () => {
  const scheduler = new LMSDiscreteScheduler({ numTrainTimesteps: 1100, useKarrasSigmas: true });
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect(Math.abs(fullLoopSum(scheduler) - 3812.9927)).toBeLessThan(2e-2);
});
