import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import goldens from "../__fixtures__/deis-multistep-scheduler.json" with { type: "json" };
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DEISMultistepScheduler, type DEISMultistepSchedulerOptions } from "./deis-multistep-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

describe("a new DEISMultistepScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new DEISMultistepScheduler();
    expect(scheduler.config).toEqual({
      numTrainTimesteps: 1000,
      betaStart: 0.0001,
      betaEnd: 0.02,
      betaSchedule: "linear",
      trainedBetas: null,
      solverOrder: 2,
      predictionType: "epsilon",
      thresholding: false,
      dynamicThresholdingRatio: 0.995,
      sampleMaxValue: 1,
      algorithmType: "deis",
      solverType: "logrho",
      lowerOrderFinal: true,
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      useFlowSigmas: false,
      flowShift: 1,
      timestepSpacing: "linspace",
      stepsOffset: 0,
      useDynamicShifting: false,
      timeShiftType: "exponential",
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, stepIndex: undefined });
    expect(scheduler.timesteps).toHaveLength(1000);
    expect(scheduler.numInferenceSteps).toBeUndefined();
  });

  it("takes the solvers of others for its own, and leaves them in the file", () => {
    const document = { _class_name: "UniPCMultistepScheduler", solver_type: "bh2" };
    const scheduler = DEISMultistepScheduler.fromConfig(document);
    expect(scheduler.config.solverType).toBe("logrho");
    const dpm = DEISMultistepScheduler.fromConfig({ _class_name: "other", algorithm_type: "dpmsolver++" });
    expect(dpm.config.algorithmType).toBe("deis");
    const options = { algorithmType: "sde-dpmsolver" } as unknown as DEISMultistepSchedulerOptions;
    expect(() => new DEISMultistepScheduler(options)).toThrow("expected one of deis");
  });

  it.each<[DEISMultistepSchedulerOptions, string]>([
    [{ useKarrasSigmas: true, useBetaSigmas: true }, "found use_karras_sigmas and use_beta_sigmas at once"],
    [
      { useKarrasSigmas: true, useFlowSigmas: true },
      "found use_flow_sigmas with Karras, exponential or beta",
    ],
  ])("refuses %j", (options, message) => {
    expect(() => new DEISMultistepScheduler(options)).toThrow(InvalidConfigError);
    expect(() => new DEISMultistepScheduler(options)).toThrow(message);
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ numInferenceSteps: 5, mu: 1 }, "mu: found 1, expected nothing, since the config does not ask"],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new DEISMultistepScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(DEISMultistepScheduler, golden);
  });

  it.each<[string, DEISMultistepSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { mean: 0.23916 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { mean: 0.091 }],
    ["noise", {}, 8, { sum: 315.3016, mean: 0.41054 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_deis.py)",
    (_, options, start, figures) => {
      const scheduler = new DEISMultistepScheduler(options);
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it.each(
    [1, 2, 3].flatMap((solverOrder) =>
      (["epsilon", "sample"] as const).map((predictionType) => ({ solverOrder, predictionType })),
    ),
  )("gives numbers for %j (test_solver_order_and_type)", (options) => {
    const scheduler = new DEISMultistepScheduler(options);
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    expect(fullLoopSum(scheduler)).toBeLessThan(1e4);
  });

  it("refuses a step without a run, other shapes, other timesteps and a step after the last", () => {
    const scheduler = new DEISMultistepScheduler();
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(999)).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    expect(() => step(5)).toThrow("timestep: found 5, expected one of `scheduler.timesteps`: 999.");
    step(999);
    expect(() => step(999)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });

  it("begins where it is told to", () => {
    const scheduler = new DEISMultistepScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    scheduler.step(sample(), Number(scheduler.timesteps[1]), sample());
    expect(scheduler).toMatchObject({ stepIndex: 2, beginIndex: 1 });
  });
});

it("adds noise of a timestep of training before there is a run", () => {
  const scheduler = new DEISMultistepScheduler();
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [300]);
  const alphaProd = Number(scheduler.alphasCumprod[300]);
  expect(noisy.data[0]).toBeCloseTo(Math.sqrt(alphaProd) + 2 * Math.sqrt(1 - alphaProd), 5);
  expect(scheduler.indexForTimestep(999)).toBe(0);
});
