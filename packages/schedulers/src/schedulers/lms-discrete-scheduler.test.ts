import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import goldens from "../__fixtures__/lms-discrete-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { LMSDiscreteScheduler, type LMSDiscreteSchedulerOptions } from "./lms-discrete-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

afterEach(() => vi.restoreAllMocks());

describe("a new LMSDiscreteScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new LMSDiscreteScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.0001,
      betaEnd: 0.02,
      betaSchedule: "linear",
      trainedBetas: null,
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      predictionType: "epsilon",
      timestepSpacing: "linspace",
      stepsOffset: 0,
    });
    expect(scheduler).toMatchObject({
      order: 1,
      length: 1000,
      stepIndex: undefined,
      numInferenceSteps: 1000,
    });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.sigmas).toHaveLength(1001);
  });

  it("refuses two spreads at once", () => {
    const make = () => new LMSDiscreteScheduler({ useKarrasSigmas: true, useBetaSigmas: true });
    expect(make).toThrow(InvalidConfigError);
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1001 }, "found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new LMSDiscreteScheduler({ timestepSpacing: "trailing" });
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config with $stepOptions", (golden) => {
    expectGoldenRun(LMSDiscreteScheduler, golden);
  });

  it.each<[string, LMSDiscreteSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { sum: 1006.388, mean: 1.31 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { sum: 0.0017, mean: 2.2676e-6 }],
    ["noise", {}, 8, { sum: 27663.6895, mean: 36.0204 }],
    ["Karras sigmas", { useKarrasSigmas: true }, undefined, { mean: 4.9648 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_lms.py)",
    (_, options, start, figures) => {
      const scheduler = new LMSDiscreteScheduler({ numTrainTimesteps: 1100, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it("gives the sum of diffusers' full loop with Karras sigmas, to the tolerance of its test", () => {
    const scheduler = new LMSDiscreteScheduler({ numTrainTimesteps: 1100, useKarrasSigmas: true });
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    expect(Math.abs(fullLoopSum(scheduler) - 3812.9927)).toBeLessThan(2e-2);
  });

  it("refuses other orders, other shapes and a step after the last, and warns where the input was not scaled", () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const scheduler = new LMSDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const step = (order?: number) => scheduler.step(sample(), 0, sample(), { order });
    expect(() => step(0)).toThrow(
      "order: found 0, expected a whole number from 1 to 20. Leave it out for 4.",
    );
    expect(() => scheduler.step(Tensor.zeros([1]), 0, sample())).toThrow("expected tensors of one shape");
    step();
    expect(warning).toHaveBeenCalledTimes(1);
    expect(() => step()).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
