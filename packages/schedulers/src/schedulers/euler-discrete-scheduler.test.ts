import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import goldens from "../__fixtures__/euler-discrete-scheduler.json" with { type: "json" };
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternModel, patternSample as sample } from "../__fixtures__/pattern-model.ts";
import {
  EulerDiscreteScheduler,
  type EulerDiscreteSchedulerOptions,
  type EulerDiscreteSetTimestepsOptions,
} from "./euler-discrete-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

afterEach(() => vi.restoreAllMocks());

describe("a new EulerDiscreteScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new EulerDiscreteScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.0001,
      betaEnd: 0.02,
      betaSchedule: "linear",
      trainedBetas: null,
      predictionType: "epsilon",
      interpolationType: "linear",
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      sigmaMin: null,
      sigmaMax: null,
      timestepSpacing: "linspace",
      timestepType: "discrete",
      stepsOffset: 0,
      rescaleBetasZeroSnr: false,
      finalSigmasType: "zero",
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, stepIndex: undefined });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.sigmas).toHaveLength(1001);
    expect(scheduler.initNoiseSigma).toBe(scheduler.sigmas[0]);
  });

  it("refuses two spreads at once", () => {
    const make = () => new EulerDiscreteScheduler({ useKarrasSigmas: true, useBetaSigmas: true });
    expect(make).toThrow(InvalidConfigError);
    expect(make).toThrow(
      "EulerDiscreteScheduler: found use_karras_sigmas and use_beta_sigmas at once, expected at most one",
    );
  });

  it("is given noise levels where it is continuous and predicts velocities", () => {
    const scheduler = new EulerDiscreteScheduler({
      timestepType: "continuous",
      predictionType: "v_prediction",
    });
    expect(scheduler.timesteps[0]).toBeCloseTo(0.25 * Math.log(Number(scheduler.sigmas[0])), 6);
  });
});

describe("setTimesteps", () => {
  it("starts from variance 1 + σ² where the spacing leads", () => {
    const scheduler = new EulerDiscreteScheduler({ timestepSpacing: "leading" });
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    expect([...scheduler.timesteps]).toEqual([800, 600, 400, 200, 0]);
    expect(scheduler.initNoiseSigma).toBeCloseTo(Math.hypot(Number(scheduler.sigmas[0]), 1), 5);
    expect(scheduler.numInferenceSteps).toBe(5);
  });

  it.each<[EulerDiscreteSchedulerOptions, EulerDiscreteSetTimestepsOptions, string]>([
    [{}, {}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`, `sigmas`."],
    [{}, { numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 1000000."],
    [{ timestepSpacing: "leading" }, { numInferenceSteps: 1001 }, "expected a whole number from 1 to 1000."],
    [{}, { timesteps: [1, 2] }, "timesteps: found 2 at index 1, expected numbers from 0 to 999, each once"],
    [{}, { timesteps: [999.5] }, "timesteps: found 999.5 at index 0"],
    [
      {},
      { sigmas: [1, 2] },
      "sigmas: found 2 at index 1, expected noise levels, none above the one before it",
    ],
    [{}, { sigmas: [1, 0, 0] }, "sigmas: found 0 at index 2"],
    [{}, { sigmas: [Number.POSITIVE_INFINITY, 0] }, "sigmas: found Infinity at index 0"],
    [{}, { sigmas: [1] }, "sigmas: found 1 level, expected at least two: the first and the one to end at."],
    [
      { useKarrasSigmas: true },
      { timesteps: [5] },
      "timesteps: found timesteps with Karras, exponential or beta sigmas, expected `numInferenceSteps` with this config.",
    ],
    [
      { timestepType: "continuous", predictionType: "v_prediction" },
      { timesteps: [5] },
      "timesteps: found timesteps for a model that is given noise levels",
    ],
  ])("refuses, of %j, %j and leaves the run as it was", (config, options, message) => {
    const scheduler = new EulerDiscreteScheduler(config);
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config with $stepOptions", (golden) => {
    expectGoldenRun(EulerDiscreteScheduler, golden);
  });

  it.each<[string, EulerDiscreteSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { sum: 10.0807, mean: 0.0131 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { sum: 0.0002, mean: 2.2676e-6 }],
    [
      "Karras sigmas",
      { useKarrasSigmas: true },
      undefined,
      { sum: 124.52299499511719, mean: 0.16213932633399963 },
    ],
    ["noise", {}, 8, { sum: 57062.9297, mean: 74.3007 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_euler.py)",
    (_, options, start, figures) => {
      const scheduler = new EulerDiscreteScheduler({ numTrainTimesteps: 1100, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it.each(
    (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
      (["linear", "log_linear"] as const).flatMap((interpolationType) =>
        (["sigma_min", "zero"] as const).map((finalSigmasType) => ({
          predictionType,
          interpolationType,
          finalSigmasType,
        })),
      ),
    ),
  )("gives the same for its own timesteps (test_custom_timesteps): %j", (options) => {
    const [scheduler, other] = [options, options].map(
      (config) => new EulerDiscreteScheduler({ numTrainTimesteps: 1100, ...config }),
    ) as [EulerDiscreteScheduler, EulerDiscreteScheduler];
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    other.setTimesteps({ timesteps: [...scheduler.timesteps] });
    expect(fullLoopSum(other)).toBe(fullLoopSum(scheduler));
  });

  it.each(
    (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
      (["sigma_min", "zero"] as const).map((finalSigmasType) => ({ predictionType, finalSigmasType })),
    ),
  )("gives the same for its own noise levels (test_custom_sigmas): %j", (options) => {
    const [scheduler, other] = [options, options].map(
      (config) => new EulerDiscreteScheduler({ numTrainTimesteps: 1100, ...config }),
    ) as [EulerDiscreteScheduler, EulerDiscreteScheduler];
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    other.setTimesteps({ sigmas: [...scheduler.sigmas] });
    // The timesteps come back from logarithms.
    expect(largestDifference(other.timesteps, [...scheduler.timesteps])).toBeLessThan(1e-6);
    expect(Math.abs(fullLoopSum(other) - fullLoopSum(scheduler))).toBeLessThan(1e-3);
  });

  it("refuses indices, ends, and warns once where the input was not scaled", () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const scheduler = new EulerDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(1)).toThrow("Passing integer indices (e.g. from `enumerate(timesteps)`)");
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    step(999);
    step(0);
    expect(scheduler.stepIndex).toBe(2);
    expect(warning).toHaveBeenCalledTimes(1);
    expect(() => step(0)).toThrow("found a run that has come to the end of its timesteps (2 in all)");
  });

  it("begins where it is told to, and starts afresh in a clone", () => {
    const scheduler = new EulerDiscreteScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    const generator = new TorchGenerator(0);
    const input = scheduler.scaleModelInput(sample(), 0);
    scheduler.step(patternModel(input, 0), 0, sample(), { generator });
    expect(scheduler).toMatchObject({ stepIndex: 2, beginIndex: 1, isScaleInputCalled: true });
    expect(scheduler.indexForTimestep(999)).toBe(0);
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });

  it("adds noise of the level of a timestep", () => {
    const scheduler = new EulerDiscreteScheduler();
    const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [500]);
    expect(noisy.data[0]).toBe(Math.fround(1 + Math.fround(2 * Number(scheduler.sigmas[499]))));
  });
});
