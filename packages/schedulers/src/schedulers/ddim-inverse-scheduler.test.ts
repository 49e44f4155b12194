import { expect, it } from "vitest";
import goldens from "../__fixtures__/ddim-inverse-scheduler.json" with { type: "json" };
import { ddimDefaults, testedAlphas } from "../__fixtures__/defaults.ts";
import { describeScheduler, takesOnlySteps } from "../__fixtures__/describe-scheduler.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DDIMInverseScheduler } from "./ddim-inverse-scheduler.ts";
import { DDIMScheduler } from "./ddim-scheduler.ts";

describeScheduler({
  schedulerClass: DDIMInverseScheduler,
  defaults: ddimDefaults,
  properties: { order: 1, length: 1000, initNoiseSigma: 1, initialAlphaCumprod: 1 },
  refusedOptions: [[{ timestepSpacing: "linspace" }, "expected one of leading, trailing"]],
  contradictions: [[{ predictionType: "sample" }, "found set_alpha_to_one true with prediction_type sample"]],
  refusedRequests: takesOnlySteps(),
  goldens,
  fullLoops: {
    test: "test_scheduler_ddim_inverse.py",
    loops: {
      "no noise": { sum: 671.6816, mean: 0.8746 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 1394.2185, mean: 1.8154 },
      set_alpha_to_one: { options: testedAlphas[0], sum: 539.9622, mean: 0.7031 },
      "no set_alpha_to_one": { options: testedAlphas[1], sum: 542.6722, mean: 0.7066 },
    },
  },
  step: { needsRun: true, isCounted: false, wrongTimesteps: [[1000, "timestep: found 1000"]] },
});

it("spaces the timesteps, the lowest first (test_steps_offset)", () => {
  expect([...new DDIMInverseScheduler().timesteps.slice(0, 3)]).toEqual([0, 1, 2]);
  const scheduler = new DDIMInverseScheduler({ stepsOffset: 1 });
  scheduler.setTimesteps({ numInferenceSteps: 5 });
  expect([...scheduler.timesteps]).toEqual([1, 201, 401, 601, 801]);
  expect(scheduler.numInferenceSteps).toBe(5);
});

it("is undone by as many steps of DDIM, where the model sees the same noise on the way back", () => {
  const forwards = new DDIMScheduler({ clipSample: false });
  const backwards = DDIMInverseScheduler.fromConfig(forwards.config);
  const noise = sample().mul(0.5);
  let current = sample();
  for (const scheduler of [backwards, forwards]) {
    scheduler.setTimesteps({ numInferenceSteps: 20 });
    for (const timestep of scheduler.timesteps) current = scheduler.step(noise, timestep, current).prevSample;
    // The last timestep is 950, where a hundredth of the image is left beside noise that is half as large.
    if (scheduler === backwards) {
      expect(largestDifference(current.data, [...noise.data])).toBeLessThan(0.03);
    }
  }
  expect(largestDifference(current.data, [...sample().data])).toBeLessThan(1e-4);
});
