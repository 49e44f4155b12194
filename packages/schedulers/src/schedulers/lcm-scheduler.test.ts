import { expect, it } from "vitest";
import { describeDistilledScheduler } from "../__fixtures__/describe-distilled-scheduler.ts";
import goldens from "../__fixtures__/lcm-scheduler.json" with { type: "json" };
import { LCMScheduler } from "./lcm-scheduler.ts";

describeDistilledScheduler(LCMScheduler, {
  goldens,
  fullLoops: {
    test: "test_scheduler_lcm.py",
    sumTolerance: 1e-3,
    loops: {
      "one step": { count: 1, sum: 18.7097, mean: 0.0244 },
      "ten steps": { count: 10, sum: 197.7616, mean: 0.2575 },
    },
  },
});

it("refuses more timesteps of the distillation than of training", () => {
  const begin = () => new LCMScheduler().setTimesteps({ numInferenceSteps: 2, originalInferenceSteps: 1001 });
  expect(begin).toThrow("originalInferenceSteps: found 1001, expected a whole");
});
