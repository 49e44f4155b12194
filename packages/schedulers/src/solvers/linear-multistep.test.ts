import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { adamsBashforth, deisWeights, multistepCoefficients } from "./linear-multistep.ts";

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

describe("multistepCoefficients", () => {
  it("is Euler's step for one slope", () => {
    expect(multistepCoefficients([10, 4], 0, 1)).toEqual([-6]);
  });

  it("is the method of Adams and Bashforth where levels are evenly spaced", () => {
    const coefficients = multistepCoefficients([5, 4, 3, 2, 1], 3, 4);
    for (const [place, expected] of [-55, 59, -37, 9].entries()) {
      expect(coefficients[place]).toBeCloseTo(expected / 24, 12);
    }
  });
});

describe("deisWeights", () => {
  /** The integral over ρ of a polynomial in ln ρ, by Simpson's rule in float64. */
  function integrate(from: number, to: number, polynomial: (logarithm: number) => number): number {
    const parts = 1000;
    const gap = (to - from) / parts;
    let sum = 0;
    for (let index = 0; index <= parts; index += 1) {
      const weight = index === 0 || index === parts ? 1 : index % 2 === 1 ? 4 : 2;
      sum += weight * polynomial(Math.log(from + index * gap));
    }
    return (sum * gap) / 3;
  }

  it.each([[[2, 5]], [[2, 5, 9]]])("integrates the polynomials of %j", (past) => {
    const logarithms = past.map(Math.log);
    const expected = logarithms.map((own) =>
      integrate(2, 0.5, (at) =>
        logarithms
          .filter((other) => other !== own)
          .reduce((product, other) => (product * (at - other)) / (own - other), 1),
      ),
    );
    const weights = deisWeights(0.5, past);
    for (const [place, weight] of weights.entries()) expect(weight).toBeCloseTo(Number(expected[place]), 4);
  });
});
