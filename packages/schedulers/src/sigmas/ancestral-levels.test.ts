import { expect, it } from "vitest";
import { ancestralLevels } from "./ancestral-levels.ts";

it("splits a step so that the variances add up", () => {
  const { sigmaUp, sigmaDown } = ancestralLevels(10, 4);
  expect(sigmaUp).toBe(Math.fround(Math.sqrt(13.44)));
  expect(sigmaUp ** 2 + sigmaDown ** 2).toBeCloseTo(16, 5);
});

it("adds nothing on the way to a level without noise", () => {
  expect(ancestralLevels(3, 0)).toEqual({ sigmaUp: 0, sigmaDown: 0 });
});

it("stays a number where rounding leaves nothing to go down to", () => {
  for (let sigma = 0.001; sigma < 0.02; sigma += 0.0001) {
    const { sigmaUp, sigmaDown } = ancestralLevels(157.4, Math.fround(sigma));
    expect(sigmaUp).toBeCloseTo(sigma, 6);
    expect(sigmaDown).toBeLessThan(sigma);
  }
});
