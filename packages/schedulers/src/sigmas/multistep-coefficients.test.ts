import { expect, it } from "vitest";
import { multistepCoefficients } from "./multistep-coefficients.ts";

it("is Euler's step for one slope", () => {
  expect(multistepCoefficients([10, 4], 0, 1)).toEqual([-6]);
});

it("is the method of Adams and Bashforth where levels are evenly spaced", () => {
  const coefficients = multistepCoefficients([5, 4, 3, 2, 1], 3, 4);
  for (const [place, expected] of [-55, 59, -37, 9].entries()) {
    expect(coefficients[place]).toBeCloseTo(expected / 24, 12);
  }
});
