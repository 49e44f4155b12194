import { InvalidArgumentError, InvalidConfigError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type DiffusionGoldens, expectGoldenRun } from "../__fixtures__/diffusion-goldens.ts";
import goldens from "../__fixtures__/dpm-solver-multistep-scheduler.json" with { type: "json" };
import { expectSum, fullLoopSum } from "../__fixtures__/full-loop.ts";
import {
  patternModel,
  patternModelWithVariance,
  patternSample as sample,
} from "../__fixtures__/pattern-model.ts";
import {
  DPMSolverMultistepScheduler,
  type DPMSolverMultistepSchedulerOptions,
} from "./dpm-solver-multistep-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

/** What diffusers' tests set that are not defaults. */
const testConfig = { lowerOrderFinal: false, finalSigmasType: "sigma_min" } as const;

describe("a new DPMSolverMultistepScheduler", () => {
  it("has diffusers' defaults", () => {
    const scheduler = new DPMSolverMultistepScheduler();
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
      lowerOrderFinal: true,
      eulerAtFinal: false,
      useKarrasSigmas: false,
      useExponentialSigmas: false,
      useBetaSigmas: false,
      useLuLambdas: false,
      useFlowSigmas: false,
      flowShift: 1,
      finalSigmasType: "zero",
      lambdaMinClipped: Number.NEGATIVE_INFINITY,
      varianceType: null,
      timestepSpacing: "linspace",
      stepsOffset: 0,
      rescaleBetasZeroSnr: false,
      useDynamicShifting: false,
      timeShiftType: "exponential",
    });
    expect(scheduler).toMatchObject({ order: 1, length: 1000, initNoiseSigma: 1, stepIndex: undefined });
  });

  it("takes the algorithms of others for its own", () => {
    const document = { _class_name: "other", algorithm_type: "deis", solver_type: "bh2" };
    const { config } = DPMSolverMultistepScheduler.fromConfig(document);
    expect(config).toMatchObject({ algorithmType: "dpmsolver++", solverType: "midpoint" });
  });

  it.each<[DPMSolverMultistepSchedulerOptions, string]>([
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
  ])("refuses %j", (options, message) => {
    expect(() => new DPMSolverMultistepScheduler(options)).toThrow(InvalidConfigError);
    expect(() => new DPMSolverMultistepScheduler(options)).toThrow(message);
  });
});

describe("setTimesteps", () => {
  it.each<[DPMSolverMultistepSchedulerOptions, object, string]>([
    [{}, {}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{}, { numInferenceSteps: 2, timesteps: [5] }, "found `numInferenceSteps` and `timesteps`, expected"],
    [{}, { numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{}, { timesteps: [5, 6] }, "timesteps: found 6 at index 1, expected whole numbers from 0 to 999"],
    [
      { useLuLambdas: true },
      { timesteps: [5] },
      "timesteps: found timesteps with sigmas of the config's own",
    ],
    [{}, { numInferenceSteps: 5, mu: 1 }, "mu: found 1, expected nothing, since the config does not ask"],
    [
      { lambdaMinClipped: 9 },
      { timesteps: undefined, numInferenceSteps: 3 },
      "a lambdaMinClipped of 9, above",
    ],
  ])("refuses, of %j, %j and leaves the run as it was", (config, options, message) => {
    const scheduler = new DPMSolverMultistepScheduler(config);
    if (config.lambdaMinClipped === undefined) scheduler.setTimesteps({ numInferenceSteps: 3 });
    const { timesteps, sigmas, numInferenceSteps } = scheduler;
    expect(() => scheduler.setTimesteps(options)).toThrow(InvalidArgumentError);
    expect(() => scheduler.setTimesteps(options)).toThrow(message);
    expect(scheduler).toMatchObject({ timesteps, sigmas, numInferenceSteps });
  });

  it("leaves out what is below lambdaMinClipped; trailing timesteps are then fewer", () => {
    const config = { lambdaMinClipped: -2, timestepSpacing: "trailing" } as const;
    const scheduler = new DPMSolverMultistepScheduler(config);
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    expect(scheduler.numInferenceSteps).toBeLessThan(10);
    expect(scheduler.timesteps[0]).toBeLessThan(900);
  });
});

describe("step", () => {
  it.each(cases)("gives the numbers of diffusers for $request of $config", (golden) => {
    expectGoldenRun(DPMSolverMultistepScheduler, golden);
  });

  it.each<[string, DPMSolverMultistepSchedulerOptions, number | undefined, object]>([
    ["no noise", {}, undefined, { mean: 0.3301 }],
    ["noise", {}, 5, { sum: 318.4111, mean: 0.4146 }],
    [
      "thresholding",
      { thresholding: true, dynamicThresholdingRatio: 0.87, sampleMaxValue: 0.5 },
      undefined,
      { mean: 1.1364 },
    ],
    ["v_prediction", { predictionType: "v_prediction" }, undefined, { mean: 0.2251 }],
    ["Karras", { predictionType: "v_prediction", useKarrasSigmas: true }, undefined, { mean: 0.2096 }],
    ["Lu", { predictionType: "v_prediction", useLuLambdas: true }, undefined, { mean: 0.1554 }],
  ])(
    "gives the sum of diffusers' full loop with %s (test_scheduler_dpm_multi.py)",
    (_, options, start, figures) => {
      const scheduler = new DPMSolverMultistepScheduler({ ...testConfig, ...options });
      scheduler.setTimesteps({ numInferenceSteps: 10 });
      expectSum(fullLoopSum(scheduler, start === undefined ? {} : { start }), figures);
    },
  );

  it.each(
    (["dpmsolver++", "sde-dpmsolver++"] as const).flatMap((algorithmType) =>
      (["epsilon", "sample", "v_prediction"] as const).flatMap((predictionType) =>
        (["sigma_min", "zero"] as const).map((finalSigmasType) => ({
          algorithmType,
          predictionType,
          finalSigmasType,
        })),
      ),
    ),
  )("gives the same for timesteps of one's own with %j (test_custom_timesteps)", (options) => {
    const loop = (request: { numInferenceSteps: number } | { timesteps: number[] }) => {
      const scheduler = new DPMSolverMultistepScheduler({ ...testConfig, ...options });
      scheduler.setTimesteps(request);
      const generator = new TorchGenerator(0);
      return { sum: fullLoopSum(scheduler, { stepOptions: { generator } }), timesteps: scheduler.timesteps };
    };
    const spread = loop({ numInferenceSteps: 10 });
    expect(loop({ timesteps: [...spread.timesteps] }).sum).toBe(spread.sum);
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
    const options = { algorithmType: "sde-dpmsolver++" } as const;
    const steps = [
      { generator: new TorchGenerator(3) },
      { varianceNoise: new TorchGenerator(3).randn([2, 1, 2, 4]) },
    ];
    const [drawn, given] = steps.map((stepOptions) => {
      const scheduler = new DPMSolverMultistepScheduler(options);
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

  it("refuses a step without a run, other shapes and a bad generator, and is then as it was", () => {
    const scheduler = new DPMSolverMultistepScheduler({ algorithmType: "sde-dpmsolver++" });
    const step = (options?: object) => scheduler.step(sample(), 999, sample(), options);
    expect(() => step()).toThrow("found no run, expected a run that `setTimesteps` began");
    scheduler.setTimesteps({ numInferenceSteps: 1 });
    expect(() => scheduler.step(Tensor.zeros([1]), 999, sample())).toThrow("expected tensors of one shape");
    expect(() => step({ varianceNoise: Tensor.zeros([1]) })).toThrow("varianceNoise float32 [1] and sample");
    expect(() => step({ generator: 5 })).toThrow("generator: found 5");
    step();
    expect(() => step()).toThrow("found a run that has come to the end of its timesteps (1 in all)");
    expect(scheduler.clone()).toMatchObject({ stepIndex: undefined, config: scheduler.config });
  });
});
