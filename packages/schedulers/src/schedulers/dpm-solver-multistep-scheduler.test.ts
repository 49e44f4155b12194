import { Tensor, TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { solverDefaults, testedThresholding } from "../__fixtures__/defaults.ts";
import { describeCustomTimesteps, describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import goldens from "../__fixtures__/dpm-solver-multistep-scheduler.json" with { type: "json" };
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import {
  patternModel,
  patternModelWithVariance,
  patternSample as sample,
} from "../__fixtures__/pattern-model.ts";
import { DPMSolverMultistepScheduler } from "./dpm-solver-multistep-scheduler.ts";

/** What diffusers' tests set that are not defaults. */
const testConfig = { lowerOrderFinal: false, finalSigmasType: "sigma_min" } as const;

describeScheduler({
  schedulerClass: DPMSolverMultistepScheduler,
  defaults: {
    ...solverDefaults,
    algorithmType: "dpmsolver++",
    solverType: "midpoint",
    eulerAtFinal: false,
    useLuLambdas: false,
    finalSigmasType: "zero",
    lambdaMinClipped: Number.NEGATIVE_INFINITY,
    varianceType: null,
    timestepSpacing: "linspace",
    stepsOffset: 0,
    rescaleBetasZeroSnr: false,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1 },
  contradictions: [
    [{ useKarrasSigmas: true, useBetaSigmas: true }, "found use_karras_sigmas and use_beta_sigmas at once"],
    [{ useBetaSigmas: true, useFlowSigmas: true }, "found use_flow_sigmas with Karras, exponential or beta"],
    [{ algorithmType: "dpmsolver" }, "found final_sigmas_type zero with algorithm_type dpmsolver, expected"],
    [
      { algorithmType: "dpmsolver", finalSigmasType: "sigma_min", predictionType: "flow_prediction" },
      "found prediction_type flow_prediction with algorithm_type dpmsolver",
    ],
    [
      { algorithmType: "sde-dpmsolver", finalSigmasType: "sigma_min", solverOrder: 3 },
      "found solver_order 3 with algorithm_type sde-dpmsolver",
    ],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{ numInferenceSteps: 2, timesteps: [5] }, "found `numInferenceSteps` and `timesteps`, expected"],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ timesteps: [5, 6] }, "timesteps: found 6 at index 1, expected whole numbers from 0 to 999"],
    [
      { timesteps: [5] },
      "timesteps: found timesteps with sigmas of the config's own",
      { useLuLambdas: true },
    ],
    [{ numInferenceSteps: 5, mu: 1 }, "mu: found 1, expected nothing, since the config does not ask"],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_dpm_multi.py",
    options: testConfig,
    loops: {
      "no noise": { mean: 0.3301 },
      noise: { start: 5, sum: 318.4111, mean: 0.4146 },
      thresholding: { options: testedThresholding, mean: 1.1364 },
      v_prediction: { options: { predictionType: "v_prediction" }, mean: 0.2251 },
      Karras: { options: { predictionType: "v_prediction", useKarrasSigmas: true }, mean: 0.2096 },
      Lu: { options: { predictionType: "v_prediction", useLuLambdas: true }, mean: 0.1554 },
    },
  },
  step: {
    options: { algorithmType: "sde-dpmsolver++" },
    needsRun: true,
    wrongOptions: [
      [{ varianceNoise: Tensor.zeros([1]) }, "varianceNoise float32 [1] and sample"],
      [{ generator: 5 }, "generator: found 5"],
    ],
  },
});

describeCustomTimesteps(
  DPMSolverMultistepScheduler,
  ["dpmsolver++", "sde-dpmsolver++"].flatMap((algorithmType) =>
    ["epsilon", "sample", "v_prediction"].flatMap((predictionType) =>
      ["sigma_min", "zero"].map((finalSigmasType) => ({
        ...testConfig,
        algorithmType,
        predictionType,
        finalSigmasType,
      })),
    ),
  ),
);

it("takes the algorithms of others for its own", () => {
  const document = { _class_name: "other", algorithm_type: "deis", solver_type: "bh2" };
  const { config } = DPMSolverMultistepScheduler.fromConfig(document);
  expect(config).toMatchObject({ algorithmType: "dpmsolver++", solverType: "midpoint" });
});

it("refuses a lambdaMinClipped that leaves no timestep, and stays as it was", () => {
  const scheduler = new DPMSolverMultistepScheduler({ lambdaMinClipped: 9 });
  const { timesteps } = scheduler;
  const begin = () => scheduler.setTimesteps({ timesteps: undefined, numInferenceSteps: 3 });
  expect(begin).toThrow("a lambdaMinClipped of 9, above");
  expect(scheduler).toMatchObject({ timesteps, numInferenceSteps: undefined });
});

it("leaves out what is below lambdaMinClipped; trailing timesteps are then fewer", () => {
  const config = { lambdaMinClipped: -2, timestepSpacing: "trailing" } as const;
  const scheduler = new DPMSolverMultistepScheduler(config);
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect(scheduler.numInferenceSteps).toBeLessThan(10);
  expect(scheduler.timesteps[0]).toBeLessThan(900);
});

it.each(
  (["dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver"] as const).flatMap((algorithmType) =>
    (["midpoint", "heun"] as const).flatMap((solverType) =>
      [1, 2, 3].flatMap((solverOrder) =>
        (["epsilon", "sample"] as const).map((predictionType) => ({
          algorithmType,
          solverType,
          solverOrder: algorithmType === "sde-dpmsolver" ? Math.min(solverOrder, 2) : solverOrder,
          predictionType,
        })),
      ),
    ),
  ),
)("gives numbers for %j (test_solver_order_and_type)", (options) => {
  const scheduler = new DPMSolverMultistepScheduler({ ...testConfig, ...options });
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect(fullLoopSum(scheduler, { stepOptions: { generator: new TorchGenerator(0) } })).toBeLessThan(1e6);
});

it("leaves the variance that a model predicts out", () => {
  const options = { varianceType: "learned_range" } as const;
  const [learned, plain] = [
    new DPMSolverMultistepScheduler(options),
    new DPMSolverMultistepScheduler({ varianceType: "fixed_small" }),
  ];
  for (const scheduler of [learned, plain]) scheduler.setTimesteps({ numInferenceSteps: 2 });
  const withVariance = learned.step(patternModelWithVariance(sample(), 999), 999, sample());
  const without = plain.step(patternModel(sample(), 999), 999, sample());
  expect(withVariance.prevSample.data).toEqual(without.prevSample.data);
  expect(() => learned.step(sample(), 500, sample())).toThrow("expected twice the channels of the sample");
});

it("takes noise in place of fresh noise", () => {
  const steps = [
    { generator: new TorchGenerator(3) },
    { varianceNoise: new TorchGenerator(3).randn([2, 1, 2, 4]) },
  ];
  const [drawn, given] = steps.map((stepOptions) => {
    const scheduler = new DPMSolverMultistepScheduler({ algorithmType: "sde-dpmsolver++" });
    scheduler.setTimesteps({ numInferenceSteps: 2 });
    return scheduler.step(sample(), 999, sample(), stepOptions).prevSample.data;
  });
  expect(given).toEqual(drawn);
});

it("stays where it is in a step between equal levels, also in long runs", () => {
  const options = { useKarrasSigmas: true, solverType: "heun", finalSigmasType: "sigma_min" } as const;
  const scheduler = new DPMSolverMultistepScheduler(options);
  scheduler.setTimesteps({ numInferenceSteps: 15 });
  expect(fullLoopSum(scheduler)).toBeLessThan(1e4);
});
