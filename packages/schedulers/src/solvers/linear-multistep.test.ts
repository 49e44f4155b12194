import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { adamsBashforth, lmsCoefficients } from "./linear-multistep.ts";

describe("adamsBashforth", () => {
  it.each([
    [1, 5],
    [2, 5.5],
    [3, 5.5],
    [4, 5.5],
  ])("of %i outputs that rise by 1 looks half a step ahead from the second on", (count, expected) => {
    const outputs = [2, 3, 4, 5].slice(4 - count).map((value) => Tensor.from([value]));
    expect(adamsBashforth(outputs).data[0]).toBeCloseTo(expected, 6);
  });
});

describe("lmsCoefficients", () => {
  it("is Euler's step for one slope", () => {
    expect(lmsCoefficients([10, 4], 0, 1)).toEqual([-6]);
  });

  it("is the method of Adams and Bashforth where levels are evenly spaced", () => {
    const coefficients = lmsCoefficients([5, 4, 3, 2, 1], 3, 4);
    for (const [place, expected] of [-55, 59, -37, 9].entries()) {
      expect(coefficients[place]).toBeCloseTo(expected / 24, 12);
    }
  });
});
