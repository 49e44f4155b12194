import { expect, it } from "vitest";
import { betaQuantile } from "./beta-quantile.ts";

// scipy.stats.beta.ppf
it.each([
  [1e-6, 0.6, 0.6, 1.8558824624053043e-10],
  [0.001, 0.6, 0.6, 1.855873851745199e-5],
  [0.1, 0.6, 0.6, 0.03958440558878085],
  [0.3333333333333333, 0.6, 0.6, 0.2754132907776234],
  [0.5, 0.6, 0.6, 0.5000000000000001],
  [0.75, 0.6, 0.6, 0.824319621347305],
  [0.99, 0.6, 0.6, 0.9991387611784571],
  [0.999, 0.6, 0.6, 0.9999814412614826],
  [0.2, 2, 3, 0.21231712827795127],
  [0.2, 5, 0.5, 0.8415462677375453],
  [0.9, 2, 3, 0.6795394162781817],
  [0.9, 5, 0.5, 0.9983414871448768],
])("of %d with shape %d, %d is %d", (probability, alpha, beta, expected) => {
  expect(Math.abs(betaQuantile(probability, { alpha, beta }) / expected - 1)).toBeLessThan(1e-13);
});

it("has its ends at 0 and 1", () => {
  expect(betaQuantile(0, { alpha: 0.6, beta: 0.6 })).toBe(0);
  expect(betaQuantile(1, { alpha: 0.6, beta: 0.6 })).toBe(1);
});
