import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import goldens from "../__fixtures__/pndm-scheduler.json" with { type: "json" };
import { PNDMScheduler, type PNDMSchedulerOptions } from "./pndm-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

describe("a new PNDMScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new PNDMScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.0001,
      betaEnd: 0.02,
      betaSchedule: "linear",
      trainedBetas: null,
      skipPrkSteps: false,
      setAlphaToOne: false,
      predictionType: "epsilon",
      timestepSpacing: "leading",
      stepsOffset: 0,
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, stepIndex: undefined });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.plmsTimesteps).toHaveLength(0);
  });
});

describe("setTimesteps", () => {
  it("has the timesteps of diffusers (test_steps_offset)", () => {
    const scheduler = new PNDMScheduler({ stepsOffset: 1 });
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    expect([...scheduler.timesteps]).toEqual([
      901, 851, 851, 801, 801, 751, 751, 701, 701, 651, 651, 601, 601, 501, 401, 301, 201, 101, 1,
    ]);
    expect(scheduler.prkTimesteps).toHaveLength(12);
    expect([...scheduler.plmsTimesteps]).toEqual([601, 501, 401, 301, 201, 101, 1]);
    expect(scheduler.numInferenceSteps).toBe(10);
  });

  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [
      { numInferenceSteps: 3 },
      "numInferenceSteps: found 3, expected at least 4 steps, since a run begins with",
    ],
    [{ numInferenceSteps: 1001 }, "found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new PNDMScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    const { timesteps } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, numInferenceSteps: 5 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(PNDMScheduler, golden);
  });

  it.each<[string, PNDMSchedulerOptions, object]>([
    ["no noise", {}, { sum: 198.1318, mean: 0.258 }],
    ["v_prediction", { predictionType: "v_prediction" }, { sum: 67.3986, mean: 0.0878 }],
    ["ᾱ of 1 at the end", { setAlphaToOne: true, betaStart: 0.01 }, { sum: 230.0399, mean: 0.2995 }],
    ["ᾱ of timestep 0 at the end", { betaStart: 0.01 }, { sum: 186.9482, mean: 0.2434 }],
  ])("gives the sum of diffusers' full loop with %s (test_scheduler_pndm.py)", (_, options, figures) => {
    const scheduler = new PNDMScheduler(options);
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    expectSum(fullLoopSum(scheduler), figures);
  });

  it("refuses a step without a run, other shapes, other timesteps, and a step after the last", () => {
    const scheduler = new PNDMScheduler({ skipPrkSteps: true });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(1)).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(() => scheduler.step(Tensor.zeros([1]), 0, sample())).toThrow("expected tensors of one shape");
    expect(() => step(1000)).toThrow("timestep: found 1000, expected a whole number from 0 to 999.");
    step(0);
    expect(scheduler.stepIndex).toBe(1);
    expect(() => step(0)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
  });

  it("counts its steps, whatever index a caller begins with, and starts afresh in a clone", () => {
    const scheduler = new PNDMScheduler({ skipPrkSteps: true });
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    scheduler.setBeginIndex(2);
    for (const timestep of scheduler.timesteps.slice(2)) scheduler.step(sample(), timestep, sample());
    expect(scheduler).toMatchObject({ stepIndex: 3, beginIndex: 2 });
    expect(() => scheduler.setBeginIndex(5)).toThrow("found 5, expected an index into the 5 timesteps");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
