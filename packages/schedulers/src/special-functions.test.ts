import { expect, it } from "vitest";
import { betaQuantile } from "./special-functions.ts";

// scipy.stats.beta.ppf(probability, 0.6, 0.6)
it.each([
  [1e-6, 1.8558824624053043e-10],
  [0.001, 1.855873851745199e-5],
  [0.1, 0.03958440558878085],
  [0.3333333333333333, 0.2754132907776234],
  [0.5, 0.5000000000000001],
  [0.75, 0.824319621347305],
  [0.99, 0.9991387611784571],
  [0.999, 0.9999814412614826],
])("of %d is %d", (probability, expected) => {
  expect(Math.abs(betaQuantile(probability) / expected - 1)).toBeLessThan(1e-13);
});

it("has its ends at 0 and 1", () => {
  expect(betaQuantile(0)).toBe(0);
  expect(betaQuantile(1)).toBe(1);
});
