import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import {
  noiseFromSignal,
  originalFromSignal,
  type SolverPredictionType,
  thresholdSample,
} from "./predictions.ts";
import { signalAndNoise } from "./sigmas.ts";

describe("originalFromSignal and noiseFromSignal", () => {
  const sigma = 0.75;
  const original = Tensor.from([0.5, -1, 2], [1, 3]);
  const noise = Tensor.from([1, 0.25, -0.5], [1, 3]);

  it.each<[SolverPredictionType, boolean]>([
    ["epsilon", false],
    ["sample", false],
    ["v_prediction", false],
    ["flow_prediction", true],
  ])("finds the clean sample and the noise again in a model's %s", (predictionType, isFlow) => {
    const at = signalAndNoise(sigma, isFlow);
    const sample = original.mul(at.signal).add(noise.mul(at.noise));
    const outputs = {
      epsilon: noise,
      sample: original,
      v_prediction: noise.mul(at.signal).sub(original.mul(at.noise)),
      flow_prediction: noise.sub(original),
    };
    const modelOutput = outputs[predictionType];
    const found = originalFromSignal(predictionType, sample, modelOutput, at, sigma);
    const foundNoise = noiseFromSignal(predictionType, sample, modelOutput, at, sigma);
    for (let index = 0; index < 3; index += 1) {
      expect(found.data[index]).toBeCloseTo(Number(original.data[index]), 5);
      expect(foundNoise.data[index]).toBeCloseTo(Number(noise.data[index]), 5);
    }
  });
});

describe("thresholdSample", () => {
  const values = [0, 0.5, -1, 2, -3, 4, -5, 6, -7, 8];

  // The quantiles of `torch.quantile` of the absolute values: 0.75 lies between 5 and 6.
  it.each([
    [1, 100, 8],
    [0.75, 100, 5.75],
    [0.75, 4, 4],
    [0, 100, 1],
    [1, 0.5, 0.5],
  ])("goes by the quantile %d, from 1 to %d: %d", (dynamicThresholdingRatio, sampleMaxValue, threshold) => {
    const sample = Tensor.from(values, [1, 10]);
    const actual = thresholdSample(sample, { dynamicThresholdingRatio, sampleMaxValue });
    expect(actual).toEqual(sample.clamp(-threshold, threshold).div(threshold));
  });

  it("goes by each item of the batch for itself", () => {
    const sample = Tensor.from([1, 2, 4, 8], [2, 1, 2]);
    const actual = thresholdSample(sample, { dynamicThresholdingRatio: 1, sampleMaxValue: 100 });
    expect([...actual.data]).toEqual([0.5, 1, 0.5, 1]);
    expect(actual.shape).toEqual([2, 1, 2]);
  });

  it("keeps NaN, and leaves an empty sample alone", () => {
    const config = { dynamicThresholdingRatio: 0.5, sampleMaxValue: 1 };
    expect([...thresholdSample(Tensor.from([1, Number.NaN], [1, 2]), config).data]).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
    expect(thresholdSample(Tensor.zeros([0, 3]), config).shape).toEqual([0, 3]);
  });
});
