import { expect, it } from "vitest";
import { edmDefaults, testedThresholding, thresholdingDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/edm-dpm-solver-multistep-scheduler.json" with { type: "json" };
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMDPMSolverMultistepScheduler } from "./edm-dpm-solver-multistep-scheduler.ts";

describeScheduler({
  schedulerClass: EDMDPMSolverMultistepScheduler,
  defaults: {
    ...edmDefaults,
    ...thresholdingDefaults,
    solverOrder: 2,
    algorithmType: "dpmsolver++",
    solverType: "midpoint",
    lowerOrderFinal: true,
    eulerAtFinal: false,
  },
  properties: { order: 1, length: 1000 },
  timestepCount: 1000,
  contradictions: [
    [{ sigmaMin: 2, sigmaMax: 1 }, "found sigma_min 2 above sigma_max 1"],
    [{ algorithmType: "sde-dpmsolver++", solverOrder: 3 }, "found solver_order 3 with algorithm_type sde-"],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of"],
    [{ numInferenceSteps: 0 }, "found 0, expected a whole number from 1 to 1000000."],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_edm_dpmsolver_multistep.py",
    // What diffusers' tests set that are not defaults.
    options: { lowerOrderFinal: false, finalSigmasType: "sigma_min" },
    isScaled: false,
    loops: {
      "no noise": { mean: 0.0001 },
      noise: { start: 5, sum: 8.1661, mean: 0.0106 },
      thresholding: { options: testedThresholding, mean: 0.008 },
      v_prediction: { options: { predictionType: "v_prediction" }, mean: 0.0092 },
    },
  },
  step: { needsRun: true, reminds: true },
});

it("begins at the deviation of a sample of the highest level", () => {
  expect(new EDMDPMSolverMultistepScheduler().initNoiseSigma).toBeCloseTo(80.00624975587844, 12);
});

it("has the timesteps of a consistency model where its config is of one", () => {
  const { config } = new CMStochasticIterativeScheduler({ sigmaMax: 50 });
  const scheduler = EDMDPMSolverMultistepScheduler.fromConfig(config);
  expect(scheduler.config).toMatchObject({ timestepScale: 1000, sigmaMax: 50 });
  expect(scheduler.timesteps[0]).toBeCloseTo(250 * Math.log(50), 2);
});
