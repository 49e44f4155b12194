import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import goldens from "../__fixtures__/euler-ancestral-discrete-scheduler.json" with { type: "json" };
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import {
  EulerAncestralDiscreteScheduler,
  type EulerAncestralDiscreteSchedulerOptions,
} from "./euler-ancestral-discrete-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

afterEach(() => vi.restoreAllMocks());

describe("a new EulerAncestralDiscreteScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new EulerAncestralDiscreteScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.0001,
      betaEnd: 0.02,
      betaSchedule: "linear",
      trainedBetas: null,
      predictionType: "epsilon",
      timestepSpacing: "linspace",
      stepsOffset: 0,
      rescaleBetasZeroSnr: false,
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, stepIndex: undefined });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.sigmas).toHaveLength(1001);
  });

  it("refuses a model that predicts the clean sample, which diffusers does with the first step", () => {
    const options = { predictionType: "sample" } as unknown as EulerAncestralDiscreteSchedulerOptions;
    expect(() => new EulerAncestralDiscreteScheduler(options)).toThrow(InvalidArgumentError);
    const json = { prediction_type: "sample" };
    expect(() => EulerAncestralDiscreteScheduler.fromJson(json, "a file")).toThrow(InvalidConfigError);
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1001 }, "found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new EulerAncestralDiscreteScheduler({ timestepSpacing: "leading" });
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(EulerAncestralDiscreteScheduler, golden);
  });

  it.each<[string, EulerAncestralDiscreteSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { sum: 152.3192, mean: 0.1983 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { sum: 108.4439, mean: 0.1412 }],
    ["noise", {}, 8, { sum: 56163.0508, mean: 73.129 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_euler_ancestral.py)",
    (_, options, start, figures) => {
      const scheduler = new EulerAncestralDiscreteScheduler({ numTrainTimesteps: 1100, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      const stepOptions = { generator: new TorchGenerator(0) };
      expectSum(
        fullLoopSum(scheduler, start === undefined ? { stepOptions } : { start, stepOptions }),
        figures,
      );
    },
  );

  it("refuses indices, other shapes and a step after the last, and warns once where the input was not scaled", () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const scheduler = new EulerAncestralDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(1)).toThrow("Passing integer indices (e.g. from `enumerate(timesteps)`)");
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    step(999);
    step(0);
    expect(scheduler.stepIndex).toBe(2);
    expect(warning).toHaveBeenCalledTimes(1);
    expect(() => step(0)).toThrow("found a run that has come to the end of its timesteps (2 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
