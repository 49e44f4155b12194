import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { solverDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternModel, patternSample as sample } from "../__fixtures__/pattern-model.ts";
import goldens from "../__fixtures__/unipc-multistep-scheduler.json" with { type: "json" };
import { UniPCMultistepScheduler, type UniPCMultistepSchedulerOptions } from "./unipc-multistep-scheduler.ts";

/** diffusers' one-dimensional sample: k / 96 for k = 0…95 in the order channel, column, item. */
function flatSample(): Tensor<"float32"> {
  const values = Array.from({ length: 96 }, (_, place) => {
    const [item, rest] = [Math.floor(place / 24), place % 24];
    return (rest * 4 + item) / 96;
  });
  return Tensor.from(values, [4, 3, 8]);
}

describeScheduler({
  schedulerClass: UniPCMultistepScheduler,
  defaults: {
    ...solverDefaults,
    predictX0: true,
    solverType: "bh2",
    disableCorrector: [],
    solverP: null,
    timestepSpacing: "linspace",
    stepsOffset: 0,
    finalSigmasType: "zero",
    rescaleBetasZeroSnr: false,
    sigmaMin: null,
    sigmaMax: null,
    shiftTerminal: null,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1 },
  // A scheduler in the place of the predictor, which diffusers takes.
  refusedOptions: [[{ solverP: new UniPCMultistepScheduler() }, "solverP: found"]],
  contradictions: [
    [{ useKarrasSigmas: true, useBetaSigmas: true }, "found use_karras_sigmas and use_beta_sigmas at once"],
    [{ useBetaSigmas: true, useFlowSigmas: true }, "found use_flow_sigmas with Karras, exponential or beta"],
    [{ shiftTerminal: 0.1 }, "found shift_terminal 0.1 without use_flow_sigmas"],
    [{ predictX0: false, predictionType: "flow_prediction" }, "found predict_x0 false with prediction_type"],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `sigmas`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of"],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ numInferenceSteps: 5, mu: 1 }, "mu: found 1, expected nothing with this config."],
    [{ sigmas: [0.5] }, "sigmas: found noise levels, expected `numInferenceSteps` with this config."],
    [
      { sigmas: [0.5, 0.6] },
      "sigmas: found 0.6 at index 1, expected noise levels above",
      { useFlowSigmas: true },
    ],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_unipc.py",
    options: { finalSigmasType: "sigma_min" },
    loops: {
      "no noise": { mean: 0.2464 },
      "Karras sigmas": { options: { useKarrasSigmas: true }, mean: 0.2925 },
      v_prediction: { options: { predictionType: "v_prediction" }, mean: 0.1014 },
      both: { options: { predictionType: "v_prediction", useKarrasSigmas: true }, mean: 0.1966 },
      noise: { start: 8, sum: 315.5757, mean: 0.4109 },
    },
  },
  step: { needsRun: true },
});

it("needs a shift with each run where the config says so", () => {
  const scheduler = new UniPCMultistepScheduler({ useDynamicShifting: true });
  scheduler.setTimesteps({ numInferenceSteps: 3, mu: 1 });
  const { timesteps } = scheduler;
  const begin = () => scheduler.setTimesteps({ numInferenceSteps: 5 });
  expect(begin).toThrow("mu: found undefined, expected a number, since");
  expect(scheduler.timesteps).toBe(timesteps);
});

it("takes the solvers of others for its own", () => {
  const document = { _class_name: "DEISMultistepScheduler", solver_type: "logrho" };
  expect(UniPCMultistepScheduler.fromConfig(document).config.solverType).toBe("bh2");
});

it("brings Karras levels into the range of flow matching (test_flow_and_karras_sigmas_values)", () => {
  const options = { sigmaMin: 0.01, sigmaMax: 200, useFlowSigmas: true, useKarrasSigmas: true };
  const scheduler = new UniPCMultistepScheduler(options);
  scheduler.setTimesteps({ numInferenceSteps: 5 });
  const expected = [0.99502486, 0.97874546, 0.87748843, 0.36049718, 0.00990099, 0];
  expect(largestDifference(scheduler.sigmas, expected)).toBeLessThan(1e-6);
  expect([...scheduler.timesteps]).toEqual([995, 978, 877, 360, 9]);
});

it.each<[string, UniPCMultistepSchedulerOptions, number, number]>([
  ["no noise", {}, 0, 0.2441],
  ["Karras sigmas", { useKarrasSigmas: true }, 0, 0.2898],
  ["v_prediction", { predictionType: "v_prediction" }, 0, 0.1014],
  ["both", { predictionType: "v_prediction", useKarrasSigmas: true }, 0, 0.1944],
  // Its sum of 39.0870 to 1e-2 is the closer figure, by 96 elements.
  ["noise", {}, 8, 39.087 / 96],
])("gives the sum of diffusers' loop over one dimension with %s", (_, options, start, mean) => {
  const scheduler = new UniPCMultistepScheduler({ finalSigmasType: "sigma_min", ...options });
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  const timesteps = scheduler.timesteps.slice(start);
  let current = flatSample();
  const noise = Tensor.from(
    flatSample().data.map((value) => 95 / 96 - value),
    [4, 3, 8],
  );
  if (start > 0) current = scheduler.addNoise(current, noise, timesteps.slice(0, 1));
  for (const timestep of timesteps) {
    const output = current.mul(timestep).div(timestep + 1);
    current = scheduler.step(output, timestep, current).prevSample;
  }
  const actual = current.data.reduce((sum, value) => sum + Math.abs(value), 0) / 96;
  expect(Math.abs(actual - mean)).toBeLessThan(start > 0 ? 1e-2 / 96 : 1e-3);
});

it.each(
  [1, 2, 3].flatMap((solverOrder) =>
    (["bh1", "bh2"] as const).flatMap((solverType) =>
      (["epsilon", "sample"] as const).map((predictionType) => ({
        solverOrder,
        solverType,
        predictionType,
      })),
    ),
  ),
)("gives numbers for %j (test_solver_order_and_type)", (options) => {
  const scheduler = new UniPCMultistepScheduler(options);
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect(fullLoopSum(scheduler)).toBeLessThan(1e4);
});

it("ends at the prediction of the clean sample, also with predictions of noise", () => {
  const config = { predictX0: false, solverOrder: 1 };
  const scheduler = new UniPCMultistepScheduler({ ...config, disableCorrector: [0, 1, 2] });
  scheduler.setTimesteps({ numInferenceSteps: 3 });
  let current = sample();
  for (const timestep of scheduler.timesteps.slice(0, 2)) {
    current = scheduler.step(patternModel(current, timestep), timestep, current).prevSample;
  }
  const timestep = Number(scheduler.timesteps[2]);
  const noise = patternModel(current, timestep);
  const alphaProd = Number(scheduler.alphasCumprod[timestep]);
  const expected = current.sub(noise.mul(Math.sqrt(1 - alphaProd))).div(Math.sqrt(alphaProd));
  const { prevSample } = scheduler.step(noise, timestep, current);
  expect(largestDifference(prevSample.data, [...expected.data])).toBeLessThan(1e-5);
});
