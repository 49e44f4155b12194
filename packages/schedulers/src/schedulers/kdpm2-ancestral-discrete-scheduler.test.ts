import { expect, it } from "vitest";
import { describeKDPM2Scheduler } from "../__fixtures__/describe-kdpm2-scheduler.ts";
import goldens from "../__fixtures__/kdpm2-ancestral-discrete-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { KDPM2AncestralDiscreteScheduler } from "./kdpm2-ancestral-discrete-scheduler.ts";

describeKDPM2Scheduler(KDPM2AncestralDiscreteScheduler, goldens, "test_scheduler_kdpm2_ancestral.py", {
  "no noise": { sum: 13979.9433, mean: 18.203 },
  v_prediction: { options: { predictionType: "v_prediction" }, sum: 331.8133, mean: 0.432 },
  noise: { start: 16, sum: 93087.3437, mean: 121.2074 },
});

it("gives numbers where one noise level is far below another", () => {
  const scheduler = new KDPM2AncestralDiscreteScheduler({ betaStart: 0.0001, betaEnd: 0.02 });
  scheduler.setTimesteps({ numInferenceSteps: 2 });
  let current = sample().mul(scheduler.initNoiseSigma);
  for (const timestep of scheduler.timesteps) {
    const input = scheduler.scaleModelInput(current, timestep);
    current = scheduler.step(input, timestep, current).prevSample;
  }
  expect(current.data.every(Number.isFinite)).toBe(true);
});
