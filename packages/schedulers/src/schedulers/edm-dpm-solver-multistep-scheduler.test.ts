import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import goldens from "../__fixtures__/edm-dpm-solver-multistep-scheduler.json" with { type: "json" };
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import {
  EDMDPMSolverMultistepScheduler,
  type EDMDPMSolverMultistepSchedulerOptions,
} from "./edm-dpm-solver-multistep-scheduler.ts";

/** What diffusers' tests set that are not defaults. */
const testConfig = { lowerOrderFinal: false, finalSigmasType: "sigma_min" } as const;

const { cases } = goldens as DiffusionGoldens;

describe("a new EDMDPMSolverMultistepScheduler", () => {
  it("has diffusers' defaults, and a run", () => {
    const scheduler = new EDMDPMSolverMultistepScheduler();
    expect(scheduler.config).toEqual({
      sigmaMin: 0.002,
      sigmaMax: 80,
      sigmaData: 0.5,
      sigmaSchedule: "karras",
      numTrainTimesteps: 1000,
      predictionType: "epsilon",
      rho: 7,
      solverOrder: 2,
      thresholding: false,
      dynamicThresholdingRatio: 0.995,
      sampleMaxValue: 1,
      algorithmType: "dpmsolver++",
      solverType: "midpoint",
      lowerOrderFinal: true,
      eulerAtFinal: false,
      finalSigmasType: "zero",
      timestepScale: 1,
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, stepIndex: undefined });
    expect(scheduler.initNoiseSigma).toBeCloseTo(80.00624975587844, 12);
    expect(scheduler.timesteps).toHaveLength(1000);
  });

  it("has the timesteps of a consistency model where its config is of one", () => {
    const { config } = new CMStochasticIterativeScheduler({ sigmaMax: 50 });
    const scheduler = EDMDPMSolverMultistepScheduler.fromConfig(config);
    expect(scheduler.config).toMatchObject({ timestepScale: 1000, sigmaMax: 50 });
    expect(scheduler.timesteps[0]).toBeCloseTo(250 * Math.log(50), 2);
  });

  it.each<[EDMDPMSolverMultistepSchedulerOptions, string]>([
    [{ sigmaMin: 2, sigmaMax: 1 }, "found sigma_min 2 above sigma_max 1"],
    [{ algorithmType: "sde-dpmsolver++", solverOrder: 3 }, "found solver_order 3 with algorithm_type sde-"],
  ])("refuses %j", (options, message) => {
    expect(() => new EDMDPMSolverMultistepScheduler(options)).toThrow(InvalidConfigError);
    expect(() => new EDMDPMSolverMultistepScheduler(options)).toThrow(message);
  });
});

it.each([
  [{}, "found no option, expected exactly one of `numInferenceSteps`."],
  [{ timesteps: [5] }, "found `timesteps`, expected exactly one of"],
  [{ numInferenceSteps: 0 }, "found 0, expected a whole number from 1 to 1000000."],
])("setTimesteps refuses %j and leaves the run as it was", (options, message) => {
  const scheduler = new EDMDPMSolverMultistepScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 3 });
  const { timesteps, sigmas } = scheduler;
  expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
  expect(() => scheduler.setTimesteps(options)).toThrow(message);
  expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(EDMDPMSolverMultistepScheduler, golden);
  });

  it.each<[string, EDMDPMSolverMultistepSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { mean: 0.0001 }],
    ["noise", {}, 5, { sum: 8.1661, mean: 0.0106 }],
    [
      "thresholding",
      { thresholding: true, dynamicThresholdingRatio: 0.87, sampleMaxValue: 0.5 },
      undefined,
      { mean: 0.008 },
    ],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { mean: 0.0092 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_edm_dpmsolver_multistep.py)",
    (_, options, start, figures) => {
      const scheduler = new EDMDPMSolverMultistepScheduler({ ...testConfig, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      const loop = { isScaled: false, ...(start === undefined ? {} : { start }) };
      expectSum(fullLoopSum(scheduler, loop), figures);
    },
  );

  it("refuses a step without a run, other shapes and a step after the last", () => {
    const scheduler = new EDMDPMSolverMultistepScheduler();
    const step = (timestep: number) => scheduler.step(sample(), timestep, sample());
    expect(() => step(1)).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    const [timestep = Number.NaN] = scheduler.timesteps;
    expect(() => scheduler.step(Tensor.zeros([1]), timestep, sample())).toThrow("tensors of one shape");
    step(timestep);
    expect(() => step(timestep)).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
