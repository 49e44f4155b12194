import { InvalidArgumentError, Tensor } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import goldens from "../__fixtures__/tcd-scheduler.json" with { type: "json" };
import { TCDScheduler } from "./tcd-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

// Timesteps of a caller's own are warned of.
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

describe("a new TCDScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new TCDScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.00085,
      betaEnd: 0.012,
      betaSchedule: "scaled_linear",
      trainedBetas: null,
      originalInferenceSteps: 50,
      clipSample: false,
      clipSampleRange: 1,
      setAlphaToOne: true,
      stepsOffset: 0,
      predictionType: "epsilon",
      thresholding: false,
      dynamicThresholdingRatio: 0.995,
      sampleMaxValue: 1,
      timestepSpacing: "leading",
      timestepScaling: 10,
      rescaleBetasZeroSnr: false,
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, stepIndex: undefined });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.finalAlphaCumprod).toBe(1);
    expect(new TCDScheduler({ setAlphaToOne: false }).finalAlphaCumprod).toBe(scheduler.alphasCumprod[0]);
  });
});

describe("setTimesteps", () => {
  it("takes timesteps of the distillation, and knows the one before each", () => {
    const scheduler = new TCDScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect([...scheduler.timesteps]).toEqual([999, 759, 499, 259]);
    expect(scheduler.numInferenceSteps).toBe(4);
    scheduler.setTimesteps({ timesteps: [100, 87, 50, 1, 0] });
    const previous = [...scheduler.timesteps].map((timestep) => scheduler.previousTimestep(timestep));
    expect(previous).toEqual([87, 50, 1, 0, -1]);
  });

  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{ numInferenceSteps: 51 }, "numInferenceSteps: found 51, expected a whole number from 1 to 50."],
    [
      { timesteps: [100, 87, 50, 51, 0] },
      "found 51 at index 3, expected whole numbers from 0 to 999, each once",
    ],
    [{ timesteps: [1000] }, "found 1000 at index 0"],
    [
      { numInferenceSteps: 2, originalInferenceSteps: 0 },
      "originalInferenceSteps: found 0, expected a whole",
    ],
    [{ numInferenceSteps: 2, strength: 2 }, "strength: found 2, expected a number from 0 to 1."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new TCDScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config with $stepOptions", (golden) => {
    expectGoldenRun(TCDScheduler, golden);
  });

  it.each([
    [1, 29.8715, 0.0389],
    [10, 181.204, 0.2359],
  ])("gives the sum of diffusers' full loop of %d steps (test_scheduler_tcd.py)", (count, sum, mean) => {
    const scheduler = new TCDScheduler();
    scheduler.setTimesteps({ numInferenceSteps: count });
    const actual = fullLoopSum(scheduler, { stepOptions: { eta: 0 } });
    expect(Math.abs(actual - sum)).toBeLessThan(1e-3);
    expect(Math.abs(actual / 768 - mean)).toBeLessThan(1e-3);
  });

  it("adds no noise in the last step, also where `strength` cut the run short", () => {
    const scheduler = new TCDScheduler();
    scheduler.setTimesteps({ timesteps: [999, 499], strength: 0.5 });
    const { prevSample, predNoisedSample } = scheduler.step(sample(), 499, sample());
    expect(prevSample).toBe(predNoisedSample);
  });

  it("refuses a step without a run, other shapes, other timesteps and a step after the last", () => {
    const scheduler = new TCDScheduler();
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(999)).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    expect(() => scheduler.step(sample(), 999, sample(), { eta: 2 })).toThrow(
      "eta: found 2, expected a number",
    );
    expect(() => step(1000)).toThrow("timestep: found 1000, expected a whole number from 0 to 999.");
    expect(() => step(5)).toThrow("timestep: found 5, expected one of `scheduler.timesteps`: 999.");
    step(999);
    expect(() => step(999)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
  });

  it("begins where it is told to, and starts afresh in a clone", () => {
    const scheduler = new TCDScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    scheduler.step(sample(), Number(scheduler.timesteps[1]), sample());
    expect(scheduler).toMatchObject({ stepIndex: 2, beginIndex: 1 });
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
