import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { thresholdSample } from "./predictions.ts";

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
