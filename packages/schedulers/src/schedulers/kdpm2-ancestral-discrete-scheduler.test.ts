import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import goldens from "../__fixtures__/kdpm2-ancestral-discrete-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import {
  KDPM2AncestralDiscreteScheduler,
  type KDPM2AncestralDiscreteSchedulerOptions,
} from "./kdpm2-ancestral-discrete-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

describe("a new KDPM2AncestralDiscreteScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new KDPM2AncestralDiscreteScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.00085,
      betaEnd: 0.012,
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
      order: 2,
      length: 1000,
      stepIndex: undefined,
      numInferenceSteps: 1000,
    });
    expect(scheduler.timesteps).toHaveLength(1999);
    expect(scheduler.sigmas).toHaveLength(2002);
  });

  it("refuses two spreads at once, and a model that predicts the clean sample", () => {
    const make = () =>
      new KDPM2AncestralDiscreteScheduler({ useKarrasSigmas: true, useExponentialSigmas: true });
    expect(make).toThrow(InvalidConfigError);
    const options = { predictionType: "sample" } as unknown as KDPM2AncestralDiscreteSchedulerOptions;
    expect(() => new KDPM2AncestralDiscreteScheduler(options)).toThrow(InvalidArgumentError);
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1001 }, "found 1001, expected a whole number from 1 to 1000."],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new KDPM2AncestralDiscreteScheduler({ timestepSpacing: "trailing" });
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });

  it("forgets half a step", () => {
    const scheduler = new KDPM2AncestralDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    scheduler.step(sample(), 999, sample());
    expect(scheduler.stateInFirstOrder).toBe(false);
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    expect(scheduler.stateInFirstOrder).toBe(true);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(KDPM2AncestralDiscreteScheduler, golden);
  });

  it.each<[string, KDPM2AncestralDiscreteSchedulerOptions, number | undefined, number, number]>([
    ["no noise", {}, undefined, 13979.9433, 18.203],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, 331.8133, 0.432],
    ["noise", {}, 16, 93087.3437, 121.2074],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_kdpm2_ancestral.py)",
    (_, options, start, sum, mean) => {
      const config = { numTrainTimesteps: 1100, betaStart: 0.0001, betaEnd: 0.02, ...options };
      const scheduler = new KDPM2AncestralDiscreteScheduler(config);
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      const stepOptions = { generator: new TorchGenerator(0) };
      const actual = fullLoopSum(scheduler, start === undefined ? { stepOptions } : { start, stepOptions });
      expect(Math.abs(actual - sum)).toBeLessThan(1e-2);
      expect(Math.abs(actual / 768 - mean)).toBeLessThan(1e-3);
    },
  );

  it("begins at the start of a step alone", () => {
    const scheduler = new KDPM2AncestralDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    expect(() => scheduler.step(sample(), 0, sample())).toThrow(
      "in the middle of a step, expected a timestep at the start of one",
    );
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(2);
    scheduler.scaleModelInput(sample(), 0);
    scheduler.step(sample(), 0, sample());
    expect(scheduler).toMatchObject({ stepIndex: 3, beginIndex: 2 });
  });

  it("refuses other shapes, timesteps that it does not have and a step after the last", () => {
    const scheduler = new KDPM2AncestralDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => scheduler.step(Tensor.zeros([1]), 0, sample())).toThrow("expected tensors of one shape");
    expect(() => step(5)).toThrow("timestep: found 5, expected one of `scheduler.timesteps`: 0.");
    step(0);
    expect(() => step(0)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });

  it("gives numbers where one noise level is far below another", () => {
    const scheduler = new KDPM2AncestralDiscreteScheduler({ betaStart: 0.0001, betaEnd: 0.02 });
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    let current = sample().mul(scheduler.initNoiseSigma);
    for (const timestep of scheduler.timesteps) {
      const input = scheduler.scaleModelInput(current, timestep);
      current = scheduler.step(input, timestep, current).prevSample;
    }
    expect(current.data.every(Number.isFinite)).toBe(true);
  });
});
