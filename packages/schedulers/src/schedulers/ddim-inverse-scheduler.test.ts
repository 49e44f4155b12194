import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import goldens from "../__fixtures__/ddim-inverse-scheduler.json" with { type: "json" };
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DDIMInverseScheduler, type DDIMInverseSchedulerOptions } from "./ddim-inverse-scheduler.ts";
import { DDIMScheduler } from "./ddim-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

it("has diffusers' defaults", () => {
  const scheduler = new DDIMInverseScheduler();
  expect(scheduler.config).toEqual({
    numTrainTimesteps: 1000,
    betaStart: 0.0001,
    betaEnd: 0.02,
    betaSchedule: "linear",
    trainedBetas: null,
    clipSample: true,
    setAlphaToOne: true,
    stepsOffset: 0,
    predictionType: "epsilon",
    clipSampleRange: 1,
    timestepSpacing: "leading",
    rescaleBetasZeroSnr: false,
  });
  expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, initialAlphaCumprod: 1 });
  expect([...scheduler.timesteps.slice(0, 3)]).toEqual([0, 1, 2]);
});

it("refuses predictions of samples from a sample without noise, and levels that are spaced evenly", () => {
  const make = () => new DDIMInverseScheduler({ predictionType: "sample" });
  expect(make).toThrow(InvalidConfigError);
  expect(make).toThrow("found set_alpha_to_one true with prediction_type sample");
  const options = { timestepSpacing: "linspace" } as unknown as DDIMInverseSchedulerOptions;
  expect(() => new DDIMInverseScheduler(options)).toThrow("expected one of leading, trailing");
});

describe("setTimesteps", () => {
  it("spreads the timesteps, the lowest first (test_steps_offset)", () => {
    const scheduler = new DDIMInverseScheduler({ stepsOffset: 1 });
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    expect([...scheduler.timesteps]).toEqual([1, 201, 401, 601, 801]);
    expect(scheduler.numInferenceSteps).toBe(5);
  });

  it.each([
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1001 }, "numInferenceSteps: found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j", (options, message) => {
    const scheduler = new DDIMInverseScheduler();
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(DDIMInverseScheduler, golden);
  });

  it.each<[string, DDIMInverseSchedulerOptions, object]>([
    ["no noise", {}, { sum: 671.6816, mean: 0.8746 }],
    ["v_prediction", { predictionType: "v_prediction" }, { sum: 1394.2185, mean: 1.8154 }],
    ["set_alpha_to_one", { setAlphaToOne: true, betaStart: 0.01 }, { sum: 539.9622, mean: 0.7031 }],
    ["no set_alpha_to_one", { setAlphaToOne: false, betaStart: 0.01 }, { sum: 542.6722, mean: 0.7066 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_ddim_inverse.py)",
    (_, options, figures) => {
      const scheduler = new DDIMInverseScheduler(options);
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler), figures);
    },
  );

  it("is undone by as many steps of DDIM, where the model sees the same noise on the way back", () => {
    const forwards = new DDIMScheduler({ clipSample: false });
    const backwards = DDIMInverseScheduler.fromConfig(forwards.config);
    const noise = sample().mul(0.5);
    let current = sample();
    for (const scheduler of [backwards, forwards]) {
      scheduler.setTimesteps({ numInferenceSteps: 20 });
      for (const timestep of scheduler.timesteps)
        current = scheduler.step(noise, timestep, current).prevSample;
      // The last timestep is 950, where a hundredth of the image is left beside noise that is half as large.
      if (scheduler === backwards) {
        expect(largestDifference(current.data, [...noise.data])).toBeLessThan(0.03);
      }
    }
    expect(largestDifference(current.data, [...sample().data])).toBeLessThan(1e-4);
  });

  it("refuses to run without a run, at timesteps that there are not, and with other shapes", () => {
    const scheduler = new DDIMInverseScheduler();
    expect(() => scheduler.step(sample(), 5, sample())).toThrow("found no run, expected a run that");
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(() => scheduler.step(sample(), 1000, sample())).toThrow("timestep: found 1000");
    expect(() => scheduler.step(Tensor.zeros([1]), 5, sample())).toThrow("expected tensors of one shape");
  });
});

it("keeps a begin index for its caller, and starts afresh in a clone", () => {
  const scheduler = new DDIMInverseScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  scheduler.setBeginIndex(2);
  expect(scheduler).toMatchObject({ beginIndex: 2, stepIndex: undefined });
  expect(scheduler.clone()).toMatchObject({ beginIndex: undefined, config: scheduler.config });
});
