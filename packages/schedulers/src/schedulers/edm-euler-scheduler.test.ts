import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { edmDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { absoluteSum, dummySample, rampSample } from "../__fixtures__/dummy-model.ts";
import { expectSum } from "../__fixtures__/full-loop.ts";
import { edmGoldens as goldens, largestDifference, toOptions } from "../__fixtures__/goldens.ts";
import { runThrough } from "../__fixtures__/run-through.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerScheduler, type EDMEulerStepOptions } from "./edm-euler-scheduler.ts";

/**
 * Single operations agree with torch to the last place or the one next to it (its `log`, `exp` and square root are its
 * own); a run of six steps multiplies that by a few.
 */
const tolerance = 1e-5;

describeScheduler({
  schedulerClass: EDMEulerScheduler,
  defaults: edmDefaults,
  properties: { order: 1, length: 1000, initNoiseSigma: 80.00624975587844 },
  timestepCount: 1001,
  sigmaCount: 1002,
  refusedOptions: [
    [{ sigmaMin: 0 }, "sigmaMin: found 0, expected a number above 0."],
    [{ sigmaSchedule: "beta" }, 'sigmaSchedule: found "beta", expected one of karras, exponential.'],
    [{ predictionType: "sample" }, "expected one of epsilon, v_prediction."],
    [{ finalSigmasType: "none" }, "expected one of zero, sigma_min."],
    [{ timestepScale: 0 }, "timestepScale: found 0, expected a number above 0."],
    [{ sigmaMin: 1e-50 }, "EDMEulerScheduler: timesteps: found -Infinity at index 1000"],
  ],
  contradictions: [[{ sigmaMax: 0.001 }, "found sigma_min 0.002 above sigma_max 0.001"]],
  refusedRequests: [
    [
      {},
      "EDMEulerScheduler.setTimesteps: found no option, expected exactly one of `numInferenceSteps`, `sigmas`, `ramp`.",
    ],
    [
      { numInferenceSteps: 2, sigmas: [2, 1] },
      "found `numInferenceSteps` and `sigmas`, expected exactly one",
    ],
    [{ timesteps: [22, 0] }, "found `timesteps`, expected exactly one"],
    [{ numInferenceSteps: 0 }, "numInferenceSteps: found 0, expected a whole number from 1 to 1000000."],
    [{ numInferenceSteps: 1e9 }, "numInferenceSteps: found 1000000000"],
    [{ sigmas: [] }, "sigmas: found an empty list, expected noise levels above 0, strictly descending."],
    [{ sigmas: [1, 2] }, "sigmas: found 2 at index 1, expected noise levels"],
    [{ sigmas: [2, 2] }, "sigmas: found 2 at index 1"],
    [{ sigmas: [1, 0] }, "sigmas: found 0 at index 1"],
    [{ sigmas: [Number.NaN] }, "sigmas: found NaN at index 0"],
    [{ sigmas: 3 }, "sigmas: found 3, expected"],
    [{ sigmas: [1e39] }, "sigmas: found Infinity at index 0"],
    [{ ramp: [0, 1.5] }, "ramp: found 1.5 at index 1, expected positions from 0 to 1, strictly ascending."],
    [{ ramp: [0.5, 0.2] }, "ramp: found 0.2 at index 1"],
    [null as unknown as object, "found no option"],
  ],
  step: {
    reminds: true,
    wrongTimesteps: [
      [
        1,
        "Passing integer indices (e.g. from `timesteps.entries()`) as timesteps to `EDMEulerScheduler.step()` is" +
          " not supported. Make sure to pass one of the `scheduler.timesteps` as a timestep.",
      ],
      [0.3, "EDMEulerScheduler: timestep: found 0.3, expected one of `scheduler.timesteps`"],
    ],
    wrongOptions: [
      [{ sChurn: -1 }, "EDMEulerScheduler.step: sChurn: found -1, expected a number, at least 0."],
      [{ sChurn: Number.NaN }, "sChurn: found NaN"],
      [{ sTmin: Number.NaN }, "sTmin: found NaN, expected a number."],
      [{ sNoise: "1" }, 'sNoise: found "1", expected a number.'],
      [{ predOriginalSample: Tensor.zeros([1]) }, "predOriginalSample float32 [1]"],
    ],
  },
});

describe("schedules", () => {
  it.each([...goldens.schedules, ...goldens.runs])("$request of $config is as in diffusers", (golden) => {
    const scheduler = new EDMEulerScheduler(toOptions(golden.config));
    if (golden.request !== null) scheduler.setTimesteps(toOptions(golden.request));
    // A unit in the last place of float32 is 1.2e-7; torch's `log` and `exp` are within two of ours.
    expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(3e-7);
    expect(largestDifference(scheduler.sigmas, golden.sigmas)).toBeLessThan(3e-7);
  });

  it("takes noise levels as they are", () => {
    const scheduler = new EDMEulerScheduler();
    scheduler.setTimesteps({ sigmas: [80, 2.5, 0.1] });
    expect([...scheduler.sigmas]).toEqual([80, 2.5, Math.fround(0.1), 0]);
    expect(scheduler.timesteps[1]).toBe(Math.fround(0.25 * Math.fround(Math.log(2.5))));
    expect(scheduler.numInferenceSteps).toBeUndefined();
  });

  it("holds for any number of steps", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 500 }),
        fc.constantFrom("karras" as const, "exponential" as const),
        fc.constantFrom("zero" as const, "sigma_min" as const),
        (count, sigmaSchedule, finalSigmasType) => {
          const scheduler = new EDMEulerScheduler({ sigmaSchedule, finalSigmasType, numTrainTimesteps: 2 });
          scheduler.setTimesteps({ numInferenceSteps: count });
          const { sigmas, timesteps } = scheduler;
          expect(timesteps).toHaveLength(count);
          expect(sigmas).toHaveLength(count + 1);
          // `exp(log 80)` in float32 is within a few units in the last place of 80.
          expect(Math.abs(Number(sigmas[0]) / 80 - 1)).toBeLessThan(1e-6);
          expect(Math.abs(Number(sigmas[count - 1]) / 0.002 - 1)).toBeLessThan(1e-6);
          expect(sigmas[count]).toBe(finalSigmasType === "zero" ? 0 : sigmas[count - 1]);
          expect(sigmas.slice(1, count).every((sigma, index) => sigma < Number(sigmas[index]))).toBe(true);
        },
      ),
    );
  });
});

describe("step", () => {
  it.each(goldens.runs)(
    "gives the numbers of diffusers for $request of $config with $stepOptions",
    (golden) => {
      const scheduler = new EDMEulerScheduler(toOptions(golden.config));
      if (golden.request !== null) scheduler.setTimesteps(toOptions(golden.request));
      const generator = new TorchGenerator(golden.seeds[0]);
      const start = rampSample().mul(scheduler.initNoiseSigma);
      const outputs = runThrough(scheduler, start, { ...toOptions(golden.stepOptions), generator });
      expect(outputs).toHaveLength(golden.steps.length);
      for (const [index, { prevSample, predOriginalSample }] of outputs.entries()) {
        const expected = golden.steps[index] ?? {};
        expect(largestDifference(prevSample.data, expected["prev_sample"] ?? [])).toBeLessThan(tolerance);
        expect(
          largestDifference(predOriginalSample.data, expected["pred_original_sample"] ?? []),
        ).toBeLessThan(tolerance);
      }
    },
  );

  it("gives the sum of diffusers' full loop (test_scheduler_edm_euler.py)", () => {
    const scheduler = new EDMEulerScheduler({ numTrainTimesteps: 256 });
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    const outputs = runThrough(scheduler, dummySample().mul(scheduler.initNoiseSigma));
    expectSum(absoluteSum(outputs.at(-1)?.prevSample), { sum: 34.1855, mean: 0.044 }, 1e-3);
  });

  it("draws noise only where there is churn, within the bounds, which include float32's rounding", () => {
    const advances = (options: EDMEulerStepOptions): boolean => {
      const generator = new TorchGenerator(0);
      const scheduler = new EDMEulerScheduler();
      scheduler.setTimesteps({ sigmas: [0.05] });
      runThrough(scheduler, rampSample(), { ...options, generator });
      return generator.randn([16]).data[0] !== new TorchGenerator(0).randn([16]).data[0];
    };
    expect(advances({})).toBe(false);
    expect(advances({ sChurn: 1 })).toBe(true);
    expect(advances({ sChurn: 1, sTmin: 0.05, sTmax: 0.05 })).toBe(true);
    expect(advances({ sChurn: 1, sTmin: 0.06 })).toBe(false);
    expect(advances({ sChurn: 1, sTmax: 0.04 })).toBe(false);
    expect(advances({ sChurn: Number.POSITIVE_INFINITY })).toBe(true);
  });

  it("takes a prediction of the clean sample that is known", () => {
    const scheduler = new EDMEulerScheduler();
    scheduler.setTimesteps({ sigmas: [4] });
    const known = Tensor.from([2]);
    const scaled = scheduler.scaleModelInput(Tensor.from([6]), Number(scheduler.timesteps[0]));
    const output = scheduler.step(scaled, Number(scheduler.timesteps[0]), Tensor.from([6]), {
      predOriginalSample: known,
    });
    expect(output.predOriginalSample).toBe(known);
    // From noise level 4 straight to 0: 6 + (6 − 2) / 4 · (0 − 4).
    expect(output.prevSample.data[0]).toBe(2);
  });

  it("scales the input and adds noise at the begin index", () => {
    const scheduler = new EDMEulerScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    scheduler.scaleModelInput(rampSample(), 0.5);
    expect(scheduler).toMatchObject({ stepIndex: 1, beginIndex: 1, isScaleInputCalled: true });
    const noisy = scheduler.addNoise(Tensor.zeros([1]), Tensor.from([1]), [0.5]);
    expect(noisy.data[0]).toBe(scheduler.sigmas[1]);
  });

  it("adds noise of the level of a timestep", () => {
    const scheduler = new EDMEulerScheduler();
    const timestep = Number(scheduler.timesteps[500]);
    expect(scheduler.indexForTimestep(timestep)).toBe(500);
    expect(scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [timestep]).data[0]).toBe(
      Math.fround(1 + Math.fround(2 * Number(scheduler.sigmas[500]))),
    );
  });
});

describe("timestepScale", () => {
  it("is 1000 in a config made from that of a consistency model, and gives its timesteps", () => {
    const consistency = new CMStochasticIterativeScheduler({ numTrainTimesteps: 40 });
    const scheduler = EDMEulerScheduler.fromConfig(consistency.config);
    expect(scheduler.config).toMatchObject({ timestepScale: 1000, numTrainTimesteps: 40 });
    scheduler.setTimesteps({ numInferenceSteps: 5 });
    const levels = [...scheduler.sigmas.slice(0, 5)];
    // Timesteps are float32 numbers computed in three roundings; a unit in the last place of 1095 is 1.1e-7 of it.
    expect(largestDifference(scheduler.timesteps, [...consistency.sigmaToT(levels)])).toBeLessThan(3e-7);
  });

  it("stays what it was set to", () => {
    const consistency = new CMStochasticIterativeScheduler();
    expect(EDMEulerScheduler.fromConfig(consistency.config, { timestepScale: 1 }).config.timestepScale).toBe(
      1,
    );
    expect(new EDMEulerScheduler({ timestepScale: 250 }).clone().config.timestepScale).toBe(250);
    const scaled = EDMEulerScheduler.fromConfig(consistency.config);
    expect(scaled.clone().config).toEqual(scaled.config);
    expect(EDMEulerScheduler.fromConfig(scaled.config, { rho: 5 }).config).toMatchObject({
      timestepScale: 1000,
      rho: 5,
    });
    expect(EDMEulerScheduler.fromConfig(new EDMEulerScheduler().config).config.timestepScale).toBe(1);
  });

  it("is 1000 for the content of a consistency model's file, 1 for one of diffusers' own EDMEulerScheduler", () => {
    const of = (document: object) => EDMEulerScheduler.fromConfig(document).config.timestepScale;
    expect(of({ _class_name: "CMStochasticIterativeScheduler", sigma_max: 80 })).toBe(1000);
    expect(of({ _class_name: "CMStochasticIterativeScheduler", timestep_scale: 10 })).toBe(10);
    expect(of({ _class_name: "EDMEulerScheduler", sigma_max: 80 })).toBe(1);
    expect(
      EDMEulerScheduler.fromJson({ _class_name: "CMStochasticIterativeScheduler" }, "x").config.timestepScale,
    ).toBe(1000);
    expect(EDMEulerScheduler.fromJson({ _class_name: "EDMEulerScheduler" }, "x").config.timestepScale).toBe(
      1,
    );
  });

  it("is not asked of what is no config", () => {
    for (const config of [null, undefined, "x", 3]) {
      expect(() => EDMEulerScheduler.fromConfig(config as unknown as object)).toThrow(InvalidArgumentError);
    }
  });
});
