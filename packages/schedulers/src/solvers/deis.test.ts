import { expect, it } from "vitest";
import { deisCoefficients } from "./deis.ts";

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
  const coefficients = deisCoefficients(0.5, past);
  for (const [place, coefficient] of coefficients.entries())
    expect(coefficient).toBeCloseTo(Number(expected[place]), 4);
});
