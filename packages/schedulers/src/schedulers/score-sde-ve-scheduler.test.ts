import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { type DiffusionGoldens, goldenTolerance } from "../__fixtures__/diffusion-goldens.ts";
import { absoluteSum, dummyModel, dummySample } from "../__fixtures__/dummy-model.ts";
import { largestDifference, toOptions } from "../__fixtures__/goldens.ts";
import { patternModel, patternSample } from "../__fixtures__/pattern-model.ts";
import goldens from "../__fixtures__/score-sde-ve-scheduler.json" with { type: "json" };
import { ScoreSdeVeScheduler } from "./score-sde-ve-scheduler.ts";

const { cases } = goldens as DiffusionGoldens;

/** The stand-in of the golden runs: the score of a distribution around the pattern of `patternModel`. */
function patternScore(sample: Tensor<"float32">, sigma: number): Tensor<"float32"> {
  const pattern = patternModel(sample.mul(0), 0);
  return pattern.sub(sample).div(Math.fround(Math.fround(sigma * sigma) + 1));
}

describeScheduler({
  schedulerClass: ScoreSdeVeScheduler,
  defaults: {
    numTrainTimesteps: 2000,
    snr: 0.15,
    sigmaMin: 0.01,
    sigmaMax: 1348,
    samplingEps: 1e-5,
    correctSteps: 1,
  },
  properties: { order: 1, length: 2000, initNoiseSigma: 1348 },
  timestepCount: 2000,
  refusedOptions: [
    [{ samplingEps: 2 }, "a number above 0 and at most 1"],
    [{ correctSteps: -1 }, "a whole number from 0 to 1000"],
  ],
  contradictions: [[{ sigmaMin: 2, sigmaMax: 1 }, "found sigma_min 2 above sigma_max 1"]],
  refusedRequests: [
    [{}, "numInferenceSteps: found undefined, expected a whole number from 1 to 1000000."],
    [{ timesteps: [1] }, "found `timesteps`, expected `numInferenceSteps`."],
    [
      { numInferenceSteps: 3, samplingEps: 0 },
      "samplingEps: found 0, expected a number above 0 and at most 1.",
    ],
    [{ numInferenceSteps: 3, samplingEps: 2 }, "samplingEps: found 2, expected a number from 0 to 1."],
  ],
  step: { isCounted: false, wrongTimesteps: [[2, "timestep: found 2, expected a number from 0"]] },
});

it("has as many levels that steps lead between, also after a refused request", () => {
  const scheduler = new ScoreSdeVeScheduler();
  expect(scheduler.discreteSigmas).toHaveLength(2000);
  const { discreteSigmas } = scheduler;
  expect(() => scheduler.setTimesteps({ numInferenceSteps: 0 })).toThrow(InvalidArgumentError);
  expect(scheduler.discreteSigmas).toBe(discreteSigmas);
});

it("ends at the time that was asked for", () => {
  const scheduler = new ScoreSdeVeScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 3, samplingEps: 0.5 });
  expect([...scheduler.timesteps]).toEqual([1, 0.75, 0.5]);
});

describe("steps", () => {
  it.each(cases)("give the numbers of diffusers for $request of $config", (golden) => {
    const scheduler = new ScoreSdeVeScheduler(toOptions(golden.config));
    scheduler.setTimesteps(toOptions(golden.request));
    expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(1e-6);
    expect(largestDifference(scheduler.sigmas, golden.sigmas ?? [])).toBeLessThan(1e-6);
    const generator = new TorchGenerator(0);
    let sample = patternSample().mul(scheduler.initNoiseSigma);
    for (const [index, timestep] of scheduler.timesteps.entries()) {
      const sigma = scheduler.sigmas[index] ?? 0;
      for (let count = 0; count < scheduler.config.correctSteps; count += 1) {
        const score = patternScore(sample, sigma);
        sample = scheduler.stepCorrect(score, sample, { generator }).prevSample;
      }
      sample = scheduler.stepPred(patternScore(sample, sigma), timestep, sample, { generator }).prevSample;
    }
    expect(largestDifference(sample.data, golden.sample)).toBeLessThan(goldenTolerance);
  });

  it("give the sum of diffusers' full loop (test_scheduler_score_sde_ve.py)", () => {
    const scheduler = new ScoreSdeVeScheduler();
    // The test gives the model the first of 2000 levels, since it sets the levels before the timesteps.
    const { sigmas } = scheduler;
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    const generator = new TorchGenerator(0);
    let sample = dummySample();
    for (const [index, timestep] of scheduler.timesteps.entries()) {
      const sigma = sigmas[index] ?? 0;
      sample = scheduler.stepCorrect(dummyModel(sample, sigma), sample, { generator }).prevSample;
      sample = scheduler.step(dummyModel(sample, sigma), timestep, sample, { generator }).prevSample;
    }
    // Its tolerance is that of numpy.isclose, 1e-5 of the figure.
    expect(Math.abs(absoluteSum(sample) / 14372758528 - 1)).toBeLessThan(1e-5);
    expect(Math.abs(absoluteSum(sample) / 768 / 18714530 - 1)).toBeLessThan(1e-5);
  });

  it("are refused for other shapes, timesteps out of range and scores of zero", () => {
    const scheduler = new ScoreSdeVeScheduler();
    const sample = patternSample();
    const other = Tensor.zeros([1]);
    expect(() => scheduler.step(other, 1, sample)).toThrow("expected tensors of one shape");
    expect(() => scheduler.stepCorrect(other, sample)).toThrow("expected tensors of one shape");
    const outOfRange = () => scheduler.stepPred(sample, 2, sample);
    expect(outOfRange).toThrow("stepPred: timestep: found 2, expected a number from 0");
    expect(() => scheduler.stepCorrect(sample.mul(0), sample)).toThrow(
      "modelOutput: found zeros alone, expected a score to follow.",
    );
  });
});

it("adds noise of one of the levels that steps lead between", () => {
  const scheduler = new ScoreSdeVeScheduler({ sigmaMin: 1, sigmaMax: 100 });
  scheduler.setTimesteps({ numInferenceSteps: 3 });
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [1]);
  expect(noisy.data[0]).toBeCloseTo(21, 5);
  expect(() => scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [3])).toThrow(InvalidArgumentError);
});
