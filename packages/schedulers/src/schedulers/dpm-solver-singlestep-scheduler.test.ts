import { expect, it } from "vitest";
import { solverDefaults } from "../__fixtures__/defaults.ts";
import { describeCustomTimesteps, describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/dpm-solver-singlestep-scheduler.json" with { type: "json" };
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { DPMSolverSinglestepScheduler } from "./dpm-solver-singlestep-scheduler.ts";

/** What diffusers' tests set that is no default. */
const testConfig = { finalSigmasType: "sigma_min" } as const;

describeScheduler({
  schedulerClass: DPMSolverSinglestepScheduler,
  defaults: {
    ...solverDefaults,
    algorithmType: "dpmsolver++",
    solverType: "midpoint",
    lowerOrderFinal: false,
    finalSigmasType: "zero",
    lambdaMinClipped: Number.NEGATIVE_INFINITY,
    varianceType: null,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1 },
  contradictions: [
    [{ solverOrder: 4 }, "found solver_order 4, expected an order of 1, 2 or 3"],
    [{ algorithmType: "dpmsolver" }, "found final_sigmas_type zero with algorithm_type dpmsolver, expected"],
    [{ useKarrasSigmas: true, useFlowSigmas: true }, "use_flow_sigmas with Karras"],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ timesteps: [5.5] }, "timesteps: found 5.5 at index 0, expected whole numbers from 0 to 999"],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_dpm_single.py",
    options: testConfig,
    loops: {
      "no noise": { mean: 0.2791 },
      noise: { start: 5, sum: 269.2187, mean: 0.3505 },
      Karras: { options: { useKarrasSigmas: true }, mean: 0.2248 },
      v_prediction: { options: { predictionType: "v_prediction" }, mean: 0.1453 },
      both: { options: { predictionType: "v_prediction", useKarrasSigmas: true }, mean: 0.0649 },
      // test_full_uneven_loop.
      "an odd number of steps": { count: 50, from: 3, mean: 0.2574 },
    },
  },
  step: {
    options: { algorithmType: "sde-dpmsolver++" },
    needsRun: true,
    wrongOptions: [[{ generator: 5 }, "generator: found 5"]],
  },
});

describeCustomTimesteps(
  DPMSolverSinglestepScheduler,
  ["epsilon", "sample", "v_prediction"].flatMap((predictionType) =>
    [true, false].flatMap((lowerOrderFinal) =>
      ["sigma_min", "zero"].map((finalSigmasType) => ({ predictionType, lowerOrderFinal, finalSigmasType })),
    ),
  ),
);

it("takes the steps that it can where it begins in the middle of one", () => {
  const scheduler = new DPMSolverSinglestepScheduler({ ...testConfig, solverOrder: 3 });
  scheduler.setTimesteps({ numInferenceSteps: 6 });
  scheduler.setBeginIndex(2);
  const [, , third, fourth] = scheduler.timesteps;
  const { prevSample } = scheduler.step(sample(), Number(third), sample());
  scheduler.step(sample(), Number(fourth), prevSample);
  expect(scheduler.stepIndex).toBe(4);
});
