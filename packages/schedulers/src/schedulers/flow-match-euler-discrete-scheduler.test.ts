import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { conversionDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/flow-match-euler-discrete-scheduler.json" with { type: "json" };
import { patternSample } from "../__fixtures__/pattern-model.ts";
import { FlowMatchEulerDiscreteScheduler } from "./flow-match-euler-discrete-scheduler.ts";

describeScheduler({
  schedulerClass: FlowMatchEulerDiscreteScheduler,
  defaults: {
    ...conversionDefaults,
    numTrainTimesteps: 1000,
    shift: 1,
    useDynamicShifting: false,
    baseShift: 0.5,
    maxShift: 1.15,
    baseImageSeqLen: 256,
    maxImageSeqLen: 4096,
    invertSigmas: false,
    shiftTerminal: null,
    timeShiftType: "exponential",
    stochasticSampling: false,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1, noiseProcess: "flow", sigmaMax: 1 },
  timestepCount: 1000,
  sigmaCount: 1000,
  refusedOptions: [
    [{ shift: 0 }, "shift: found 0, expected a number above 0"],
    [{ shiftTerminal: 2 }, "shiftTerminal: found 2, expected a number from 0 to 1"],
    [{ timeShiftType: "cubic" }, "expected one of exponential, linear"],
  ],
  contradictions: [
    [
      { useKarrasSigmas: true, useBetaSigmas: true },
      "found use_karras_sigmas and use_beta_sigmas at once, expected at most one of them to be true",
    ],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `sigmas`, `timesteps`."],
    [{ numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number"],
    [
      { sigmas: [0.5, 0.5] },
      "sigmas: found 0.5 at index 1, expected noise levels above 0 and at most 1, strictly descending.",
    ],
    [{ sigmas: [1.5] }, "sigmas: found 1.5 at index 0"],
    [
      { timesteps: [1001] },
      "timesteps: found 1001 at index 0, expected numbers above 0 and at most 1000, strictly descending.",
    ],
    [{ timesteps: [5, 0] }, "timesteps: found 0 at index 1"],
    [{ numInferenceSteps: 2, mu: 1 }, "mu: found 1, expected nothing, since the config does not ask for"],
    [{ numInferenceSteps: 1 }, "sigmas: found NaN at index 0", { shiftTerminal: 0.1 }],
    [{ sigmas: [1, 1e-50] }, "sigmas: found NaN at index 0", { useExponentialSigmas: true }],
  ],
  goldens,
  step: {
    needsRun: true,
    wrongTimesteps: [
      [0, "Passing integer indices"],
      [0.5, "timestep: found 0.5, expected one of `scheduler.timesteps`: 1000."],
    ],
  },
});

describe("dynamic shifting", () => {
  it.each([
    ["exponential", undefined, "a number whose exponential is finite and above 0"],
    ["exponential", 1000, "a number whose exponential is finite and above 0"],
    ["linear", 0, "a number whose value is finite and above 0"],
  ] as const)("of type %s refuses a mu of %s", (timeShiftType, mu, expected) => {
    const scheduler = new FlowMatchEulerDiscreteScheduler({ useDynamicShifting: true, timeShiftType });
    expect(() => scheduler.setTimesteps({ numInferenceSteps: 2, mu })).toThrow(expected);
  });
});

it("adds noise in the share of the noise level, and the clean sample in the rest", () => {
  const scheduler = new FlowMatchEulerDiscreteScheduler();
  scheduler.setTimesteps({ sigmas: [1, 0.25] });
  const noisy = scheduler.addNoise(Tensor.from([4]), Tensor.from([8]), [250]);
  expect(noisy.data[0]).toBe(0.75 * 4 + 0.25 * 8);
});

it("ends at the clean sample where the model predicts the velocity to it", () => {
  const scheduler = new FlowMatchEulerDiscreteScheduler({ shift: 3 });
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  const clean = patternSample().mul(0.5);
  const velocity = patternSample().sub(clean);
  let sample = patternSample();
  for (const timestep of scheduler.timesteps) sample = scheduler.step(velocity, timestep, sample).prevSample;
  for (const [index, value] of sample.data.entries()) expect(value).toBeCloseTo(Number(clean.data[index]), 6);
});
