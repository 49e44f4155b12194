import { Tensor, TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import goldens from "../__fixtures__/ddim-scheduler.json" with { type: "json" };
import { ddimDefaults, testedAlphas, thresholdingDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler, takesOnlySteps } from "../__fixtures__/describe-scheduler.ts";
import { patternModel, patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DDIMScheduler, type DDIMStepOptions } from "./ddim-scheduler.ts";

describeScheduler({
  schedulerClass: DDIMScheduler,
  defaults: { ...ddimDefaults, ...thresholdingDefaults },
  properties: { order: 1, length: 1000, initNoiseSigma: 1, finalAlphaCumprod: 1 },
  timestepCount: 1000,
  refusedRequests: takesOnlySteps(),
  goldens,
  fullLoops: {
    test: "test_scheduler_ddim.py",
    loops: {
      "no noise": { sum: 172.0067, mean: 0.223967 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 52.5302, mean: 0.0684 },
      set_alpha_to_one: { options: testedAlphas[0], sum: 149.8295, mean: 0.1951 },
      "no set_alpha_to_one": { options: testedAlphas[1], sum: 149.0784, mean: 0.1941 },
      noise: { start: 8, sum: 354.5418, mean: 0.4616 },
    },
  },
  step: {
    needsRun: true,
    isCounted: false,
    wrongTimesteps: [[1000, "timestep: found 1000"]],
    wrongOptions: [
      [{ eta: -1 }, "DDIMScheduler.step: eta: found -1, expected a number from 0 to 1."],
      [{ eta: Number.NaN }, "eta: found NaN"],
      [
        { eta: 1, varianceNoise: Tensor.zeros([2, 1, 2, 4]), generator: new TorchGenerator(0) },
        "found both `generator` and `varianceNoise`, expected one of the two, or none.",
      ],
      [
        { eta: 1, varianceNoise: Tensor.zeros([1]) },
        "found varianceNoise float32 [1] and sample float32 [2, 1, 2, 4]",
      ],
    ],
  },
});

it("spaces the timesteps (test_steps_offset)", () => {
  const scheduler = new DDIMScheduler({ stepsOffset: 1 });
  scheduler.setTimesteps({ numInferenceSteps: 5 });
  expect([...scheduler.timesteps]).toEqual([801, 601, 401, 201, 1]);
  expect(scheduler.numInferenceSteps).toBe(5);
});

// 960 and 400 are the timesteps that steps from 980 and 420 lead to in a run of 50.
it.each([
  [50, 420, 0.14771],
  [50, 980, 0.3246],
  [1000, 487, 0.00979],
  [1000, 999, 0.02],
  [1000, 0, 0],
])(
  "has the variance of diffusers' test_variance in a run of %i at %i",
  (numInferenceSteps, timestep, variance) => {
    const scheduler = new DDIMScheduler({ clipSample: false });
    scheduler.setTimesteps({ numInferenceSteps });
    const [zeros, varianceNoise] = [Tensor.zeros([1]), Tensor.from([1])];
    const output = scheduler.step(zeros, timestep, zeros, { eta: 1, varianceNoise });
    expect(Math.abs((output.prevSample.data[0] ?? 0) ** 2 - variance)).toBeLessThan(1e-5);
  },
);

it("takes noise in place of a generator", () => {
  const scheduler = new DDIMScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  const step = (options: DDIMStepOptions) =>
    scheduler.step(patternModel(sample(), 500), 500, sample(), { eta: 0.5, ...options }).prevSample;
  const varianceNoise = new TorchGenerator(3).randn([2, 1, 2, 4]);
  expect(step({ varianceNoise })).toEqual(step({ generator: new TorchGenerator(3) }));
});
