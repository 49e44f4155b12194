import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import goldens from "../__fixtures__/dpm-solver-singlestep-scheduler.json" with { type: "json" };
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import {
  DPMSolverSinglestepScheduler,
  type DPMSolverSinglestepSchedulerOptions,
} from "./dpm-solver-singlestep-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

/** What diffusers' tests set that is no default. */
const testConfig = { finalSigmasType: "sigma_min" } as const;

describe("a new DPMSolverSinglestepScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new DPMSolverSinglestepScheduler();
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
      algorithmType: "dpmsolver++",
      solverType: "midpoint",
      lowerOrderFinal: false,
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      useFlowSigmas: false,
      flowShift: 1,
      finalSigmasType: "zero",
      lambdaMinClipped: Number.NEGATIVE_INFINITY,
      varianceType: null,
      useDynamicShifting: false,
      timeShiftType: "exponential",
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, stepIndex: undefined });
  });

  it.each<[DPMSolverSinglestepSchedulerOptions, string]>([
    [{ solverOrder: 4 }, "found solver_order 4, expected an order of 1, 2 or 3"],
    [{ algorithmType: "dpmsolver" }, "found final_sigmas_type zero with algorithm_type dpmsolver, expected"],
    [{ useKarrasSigmas: true, useFlowSigmas: true }, "use_flow_sigmas with Karras"],
  ])("refuses %j", (options, message) => {
    expect(() => new DPMSolverSinglestepScheduler(options)).toThrow(InvalidConfigError);
    expect(() => new DPMSolverSinglestepScheduler(options)).toThrow(message);
  });
});

describe("setTimesteps", () => {
  it.each([
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ timesteps: [5.5] }, "timesteps: found 5.5 at index 0, expected whole numbers from 0 to 999"],
  ])("refuses %j and leaves the run as it was", (options, message) => {
    const scheduler = new DPMSolverSinglestepScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps: 3 });
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(DPMSolverSinglestepScheduler, golden);
  });

  it.each<[string, DPMSolverSinglestepSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { mean: 0.2791 }],
    ["noise", {}, 5, { sum: 269.2187, mean: 0.3505 }],
    ["Karras", { useKarrasSigmas: true }, undefined, { mean: 0.2248 }],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { mean: 0.1453 }],
    ["both", { predictionType: "v_prediction", useKarrasSigmas: true }, undefined, { mean: 0.0649 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_dpm_single.py)",
    (_, options, start, figures) => {
      const scheduler = new DPMSolverSinglestepScheduler({ ...testConfig, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it("gives the sum of diffusers' loop of an odd number of steps (test_full_uneven_loop)", () => {
    const scheduler = new DPMSolverSinglestepScheduler(testConfig);
    scheduler.setTimesteps({ numInferenceSteps: 50 });
    expectSum(fullLoopSum(scheduler, { from: 3 }), { mean: 0.2574 });
  });

  it.each(
    (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
      [true, false].flatMap((lowerOrderFinal) =>
        (["sigma_min", "zero"] as const).map((finalSigmasType) => ({
          predictionType,
          lowerOrderFinal,
          finalSigmasType,
        })),
      ),
    ),
  )("gives the same for timesteps of one's own with %j (test_custom_timesteps)", (options) => {
    const [spread, given] = [0, 1].map(() => new DPMSolverSinglestepScheduler(options));
    spread?.setTimesteps({ numInferenceSteps: 10 });
    given?.setTimesteps({ timesteps: [...(spread?.timesteps ?? [])] });
    const sums = [spread, given].map((scheduler) => scheduler && fullLoopSum(scheduler));
    expect(sums[1]).toBe(sums[0]);
  });

  it("takes the steps that it can where it begins in the middle of one", () => {
    const scheduler = new DPMSolverSinglestepScheduler({ ...testConfig, solverOrder: 3 });
    scheduler.setTimesteps({ numInferenceSteps: 6 });
    scheduler.setBeginIndex(2);
    const [, , third, fourth] = scheduler.timesteps;
    const { prevSample } = scheduler.step(sample(), Number(third), sample());
    scheduler.step(sample(), Number(fourth), prevSample);
    expect(scheduler.stepIndex).toBe(4);
  });

  it("refuses a step without a run, other shapes, a bad generator and a step after the last", () => {
    const scheduler = new DPMSolverSinglestepScheduler({ algorithmType: "sde-dpmsolver++" });
    const step = (options?: object) => scheduler.step(sample(), 999, sample(), options);
    expect(() => step()).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    expect(() => step({ generator: 5 })).toThrow("generator: found 5");
    step({ generator: new TorchGenerator(0) });
    expect(() => step()).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
