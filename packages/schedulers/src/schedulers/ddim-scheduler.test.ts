import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import goldens from "../__fixtures__/ddim-scheduler.json" with { type: "json" };
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternModel, patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DDIMScheduler, type DDIMSchedulerOptions, type DDIMStepOptions } from "./ddim-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

it("has diffusers' defaults", () => {
  const scheduler = new DDIMScheduler();
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
    thresholding: false,
    dynamicThresholdingRatio: 0.995,
    clipSampleRange: 1,
    sampleMaxValue: 1,
    timestepSpacing: "leading",
    rescaleBetasZeroSnr: false,
  });
  expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, finalAlphaCumprod: 1 });
  expect(scheduler.timesteps).toHaveLength(1000);
});

describe("setTimesteps", () => {
  it("spreads the timesteps (test_steps_offset)", () => {
    const scheduler = new DDIMScheduler({ stepsOffset: 1 });
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    expect([...scheduler.timesteps]).toEqual([801, 601, 401, 201, 1]);
    expect(scheduler.numInferenceSteps).toBe(5);
  });

  it.each([
    [
      { timesteps: [5] },
      "DDIMScheduler.setTimesteps: found `timesteps`, expected exactly one of `numInferenceSteps`.",
    ],
    [{ numInferenceSteps: 1001 }, "numInferenceSteps: found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j", (options, message) => {
    const scheduler = new DDIMScheduler();
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config with $stepOptions", (golden) => {
    expectGoldenRun(DDIMScheduler, golden);
  });

  it.each<[string, DDIMSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { sum: 172.0067, mean: 0.223967 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { sum: 52.5302, mean: 0.0684 }],
    [
      "set_alpha_to_one",
      { setAlphaToOne: true, betaStart: 0.01 },
      undefined,
      { sum: 149.8295, mean: 0.1951 },
    ],
    [
      "no set_alpha_to_one",
      { setAlphaToOne: false, betaStart: 0.01 },
      undefined,
      { sum: 149.0784, mean: 0.1941 },
    ],
    ["noise", {}, 8, { sum: 354.5418, mean: 0.4616 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_ddim.py)",
    (_, options, start, figures) => {
      const scheduler = new DDIMScheduler(options);
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

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

  it.each<[DDIMStepOptions, string]>([
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
  ])("refuses %j", (options, message) => {
    const scheduler = new DDIMScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(() => scheduler.step(sample(), 5, sample(), options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.step(sample(), 5, sample(), options)).toThrow(message);
  });

  it("refuses to run without a run, at timesteps that there are not, and with other shapes", () => {
    const scheduler = new DDIMScheduler();
    expect(() => scheduler.step(sample(), 5, sample())).toThrow(
      "DDIMScheduler.step: found no run, expected a run that `setTimesteps` began.",
    );
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(() => scheduler.step(sample(), 1000, sample())).toThrow("timestep: found 1000");
    expect(() => scheduler.step(Tensor.zeros([1]), 5, sample())).toThrow("expected tensors of one shape");
  });
});

it("keeps a begin index for its caller, and starts afresh in a clone", () => {
  const scheduler = new DDIMScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 4 });
  scheduler.setBeginIndex(2);
  expect(scheduler).toMatchObject({ beginIndex: 2, stepIndex: undefined });
  expect(scheduler.clone()).toMatchObject({ beginIndex: undefined, config: scheduler.config });
});
