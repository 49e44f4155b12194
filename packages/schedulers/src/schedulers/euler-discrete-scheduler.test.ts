import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { betaDefaults, conversionDefaults } from "../__fixtures__/defaults.ts";
import { describeCustomTimesteps, describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/euler-discrete-scheduler.json" with { type: "json" };
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { EulerDiscreteScheduler } from "./euler-discrete-scheduler.ts";

describeScheduler({
  schedulerClass: EulerDiscreteScheduler,
  defaults: {
    ...betaDefaults,
    ...conversionDefaults,
    predictionType: "epsilon",
    interpolationType: "linear",
    sigmaMin: null,
    sigmaMax: null,
    timestepSpacing: "linspace",
    timestepType: "discrete",
    stepsOffset: 0,
    rescaleBetasZeroSnr: false,
    finalSigmasType: "zero",
  },
  properties: { order: 1, length: 1000 },
  timestepCount: 1000,
  sigmaCount: 1001,
  contradictions: [
    [
      { useKarrasSigmas: true, useBetaSigmas: true },
      "EulerDiscreteScheduler: found use_karras_sigmas and use_beta_sigmas at once, expected at most one",
    ],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`, `sigmas`."],
    [{ numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 1000000."],
    [{ numInferenceSteps: 1001 }, "expected a whole number from 1 to 1000.", { timestepSpacing: "leading" }],
    [
      { timesteps: [1, 2] },
      "timesteps: found 2 at index 1, expected numbers from 0 to 999, strictly descending",
    ],
    [{ timesteps: [999.5] }, "timesteps: found 999.5 at index 0"],
    [{ sigmas: [1, 2] }, "sigmas: found 2 at index 1, expected noise levels, none above the one before it"],
    [{ sigmas: [1, 0, 0] }, "sigmas: found 0 at index 2"],
    [{ sigmas: [Number.POSITIVE_INFINITY, 0] }, "sigmas: found Infinity at index 0"],
    [{ sigmas: [1] }, "sigmas: found 1 level, expected at least two: the first and the one to end at."],
    [
      { timesteps: [5] },
      "timesteps: found timesteps with Karras, exponential or beta sigmas, expected `numInferenceSteps` with this config.",
      { useKarrasSigmas: true },
    ],
    [
      { timesteps: [5] },
      "timesteps: found timesteps for a model that is given noise levels",
      { timestepType: "continuous", predictionType: "v_prediction" },
    ],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_euler.py",
    options: { numTrainTimesteps: 1100 },
    loops: {
      "no noise": { sum: 10.0807, mean: 0.0131 },
      v_prediction: { options: { predictionType: "v_prediction" }, sum: 0.0002, mean: 2.2676e-6 },
      "Karras sigmas": {
        options: { useKarrasSigmas: true },
        sum: 124.52299499511719,
        mean: 0.16213932633399963,
      },
      noise: { start: 8, sum: 57062.9297, mean: 74.3007 },
    },
  },
  step: {
    reminds: true,
    wrongTimesteps: [[1, "Passing integer indices (e.g. from `timesteps.entries()`)"]],
  },
});

describeCustomTimesteps(
  EulerDiscreteScheduler,
  ["epsilon", "sample", "v_prediction"].flatMap((predictionType) =>
    ["linear", "log_linear"].flatMap((interpolationType) =>
      ["sigma_min", "zero"].map((finalSigmasType) => ({
        numTrainTimesteps: 1100,
        predictionType,
        interpolationType,
        finalSigmasType,
      })),
    ),
  ),
);

it.each(
  (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
    (["sigma_min", "zero"] as const).map((finalSigmasType) => ({ predictionType, finalSigmasType })),
  ),
)("gives the same for its own noise levels (test_custom_sigmas): %j", (options) => {
  const [scheduler, other] = [options, options].map(
    (config) => new EulerDiscreteScheduler({ numTrainTimesteps: 1100, ...config }),
  ) as [EulerDiscreteScheduler, EulerDiscreteScheduler];
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  other.setTimesteps({ sigmas: [...scheduler.sigmas] });
  // The timesteps come back from logarithms.
  expect(largestDifference(other.timesteps, [...scheduler.timesteps])).toBeLessThan(1e-6);
  expect(Math.abs(fullLoopSum(other) - fullLoopSum(scheduler))).toBeLessThan(1e-3);
});

it("gives a model noise levels where it is continuous and predicts velocities", () => {
  const options = { timestepType: "continuous", predictionType: "v_prediction" } as const;
  const scheduler = new EulerDiscreteScheduler(options);
  expect(scheduler.timesteps[0]).toBeCloseTo(0.25 * Math.log(Number(scheduler.sigmas[0])), 6);
});

it("starts from the highest level, or from variance 1 + σ² where the spacing leads", () => {
  const linspace = new EulerDiscreteScheduler();
  expect(linspace.initNoiseSigma).toBe(linspace.sigmas[0]);
  const scheduler = new EulerDiscreteScheduler({ timestepSpacing: "leading" });
  scheduler.setTimesteps({ numInferenceSteps: 5 });
  expect([...scheduler.timesteps]).toEqual([800, 600, 400, 200, 0]);
  expect(scheduler.initNoiseSigma).toBeCloseTo(Math.hypot(Number(scheduler.sigmas[0]), 1), 5);
  expect(scheduler.numInferenceSteps).toBe(5);
});

it("knows whether its input was scaled, and where a timestep is", () => {
  const scheduler = new EulerDiscreteScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 3 });
  scheduler.setBeginIndex(1);
  scheduler.scaleModelInput(sample(), 0);
  expect(scheduler).toMatchObject({ stepIndex: 1, beginIndex: 1, isScaleInputCalled: true });
  expect(scheduler.indexForTimestep(999)).toBe(0);
});

it("adds noise of the level of a timestep", () => {
  const scheduler = new EulerDiscreteScheduler();
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [500]);
  expect(noisy.data[0]).toBe(Math.fround(1 + Math.fround(2 * Number(scheduler.sigmas[499]))));
});
