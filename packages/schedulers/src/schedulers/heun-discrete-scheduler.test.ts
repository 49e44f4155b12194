import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import goldens from "../__fixtures__/heun-discrete-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { HeunDiscreteScheduler, type HeunDiscreteSchedulerOptions } from "./heun-discrete-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

/** The configuration of diffusers' tests. */
const tested = { numTrainTimesteps: 1100, betaStart: 0.0001, betaEnd: 0.02 };

describe("a new HeunDiscreteScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new HeunDiscreteScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.00085,
      betaEnd: 0.012,
      betaSchedule: "linear",
      trainedBetas: null,
      predictionType: "epsilon",
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      clipSample: false,
      clipSampleRange: 1,
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
    expect(scheduler.sigmas).toHaveLength(2000);
  });

  it("refuses two spreads at once", () => {
    const make = () => new HeunDiscreteScheduler({ useKarrasSigmas: true, useExponentialSigmas: true });
    expect(make).toThrow(InvalidConfigError);
    expect(make).toThrow("found use_karras_sigmas and use_exponential_sigmas at once, expected at most one");
  });
});

describe("setTimesteps", () => {
  it("has every timestep but the first twice", () => {
    const scheduler = new HeunDiscreteScheduler({ timestepSpacing: "leading" });
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect([...scheduler.timesteps]).toEqual([750, 500, 500, 250, 250, 0, 0]);
    expect(scheduler.sigmas).toHaveLength(8);
    expect(scheduler.numInferenceSteps).toBe(4);
  });

  it.each<[HeunDiscreteSchedulerOptions, object, string]>([
    [{}, {}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{}, { numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 1000000."],
    [{}, { timesteps: [1, 2] }, "timesteps: found 2 at index 1, expected numbers from 0 to 999, each once"],
    [
      { useBetaSigmas: true },
      { timesteps: [5] },
      "timesteps: found timesteps with Karras, exponential or beta sigmas",
    ],
  ])("refuses, of %j, %j and leaves the run as it was", (config, options, message) => {
    const scheduler = new HeunDiscreteScheduler(config);
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });

  it("forgets half a step", () => {
    const scheduler = new HeunDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    scheduler.step(sample(), 999, sample());
    expect(scheduler.stateInFirstOrder).toBe(false);
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    expect(scheduler.stateInFirstOrder).toBe(true);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(HeunDiscreteScheduler, golden);
  });

  it.each<[string, HeunDiscreteSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { sum: 0.1233, mean: 0.0002 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { sum: 4.6934e-7, mean: 6.1112e-10 }],
    ["Karras sigmas", { useKarrasSigmas: true }, undefined, { sum: 0.00015, mean: 1.9869554535034695e-7 }],
    ["noise", {}, 16, { sum: 75074.8906, mean: 97.7538 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_heun.py)",
    (_, options, start, figures) => {
      const scheduler = new HeunDiscreteScheduler({ ...tested, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it.each(
    (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
      (["linspace", "leading"] as const).map((timestepSpacing) => ({ predictionType, timestepSpacing })),
    ),
  )("gives the same for its own timesteps (test_custom_timesteps): %j", (options) => {
    const [scheduler, other] = [options, options].map(
      (config) => new HeunDiscreteScheduler({ ...tested, ...config }),
    ) as [HeunDiscreteScheduler, HeunDiscreteScheduler];
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    other.setTimesteps({ timesteps: [...new Set(scheduler.timesteps)] });
    expect(fullLoopSum(other)).toBe(fullLoopSum(scheduler));
  });

  it("refuses other shapes, timesteps that it does not have and a step after the last", () => {
    const scheduler = new HeunDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => scheduler.step(Tensor.zeros([1]), 0, sample())).toThrow("expected tensors of one shape");
    expect(() => step(5)).toThrow("timestep: found 5, expected one of `scheduler.timesteps`: 0.");
    step(0);
    expect(scheduler.stepIndex).toBe(1);
    expect(() => step(0)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
