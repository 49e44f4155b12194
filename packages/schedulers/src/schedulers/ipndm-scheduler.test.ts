import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { absoluteSum, dummyModel, dummySample } from "../__fixtures__/dummy-model.ts";
import goldens from "../__fixtures__/ipndm-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { IPNDMScheduler } from "./ipndm-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

describe("a new IPNDMScheduler", () => {
  it("has diffusers' defaults, and a run", () => {
    const scheduler = new IPNDMScheduler();
    expect(scheduler.config).toEqual({ numTrainTimesteps: 1000, trainedBetas: null });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, numInferenceSteps: 1000 });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.timesteps[0]).toBe(1);
  });

  it.each([[[0.5]], [[0.5, 2]], [0.5]])("refuses betas of %j", (trainedBetas) => {
    const make = () => new IPNDMScheduler({ trainedBetas: trainedBetas as number[] });
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow("expected a list of at least two numbers from 0 to 1, or null");
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [1] }, "found `timesteps`, expected exactly one of"],
    [{ numInferenceSteps: 0 }, "found 0, expected a whole number from 1 to 1000000."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new IPNDMScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, numInferenceSteps: 3 });
  });

  it("goes by betas of one's own", () => {
    const scheduler = new IPNDMScheduler({ trainedBetas: [1, 0.5, 0] });
    expect(scheduler.timesteps).toHaveLength(2);
    // atan2(0.5, √0.75) is π/6.
    expect(scheduler.timesteps[1]).toBeCloseTo(1 / 3, 6);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(IPNDMScheduler, golden);
  });

  it("gives the sum of diffusers' full loop (test_scheduler_ipndm.py)", () => {
    const scheduler = new IPNDMScheduler();
    let current = dummySample();
    for (const slopes of ["of the run", "of the last run"]) {
      const { ets } = scheduler;
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      if (slopes === "of the last run") scheduler.ets = ets;
      for (const timestep of scheduler.timesteps) {
        current = scheduler.step(dummyModel(current, timestep), timestep, current).prevSample;
      }
    }
    expect(Math.abs(absoluteSum(current) / 768 - 2540529)).toBeLessThan(10);
  });

  it("refuses other shapes, slopes of other shapes, other timesteps and a step after the last", () => {
    const scheduler = new IPNDMScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => scheduler.step(Tensor.zeros([1]), 1, sample())).toThrow("expected tensors of one shape");
    expect(() => step(5)).toThrow("timestep: found 5, expected one of `scheduler.timesteps`: 1.");
    scheduler.ets = [Tensor.zeros([1])];
    expect(() => step(1)).toThrow("ets[0] float32 [1]");
    scheduler.ets = [];
    step(1);
    expect(() => step(1)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});

it("adds noise as the run takes it away", () => {
  const scheduler = new IPNDMScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 2 });
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), scheduler.timesteps.slice(1));
  // sin²(π/4) is 1/2.
  expect(noisy.data[0]).toBeCloseTo(Math.sqrt(0.75) + 1, 5);
  scheduler.setBeginIndex(1);
  expect(scheduler).toMatchObject({ beginIndex: 1, stepIndex: undefined });
});
