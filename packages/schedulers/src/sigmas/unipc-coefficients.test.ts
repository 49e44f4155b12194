import { expect, it } from "vitest";
import { unipcCorrector, unipcPredictor } from "./unipc-coefficients.ts";

it("is an exponential step alone for the first order", () => {
  expect(unipcPredictor(-0.5, [], "bh1")).toEqual({
    growth: Math.fround(Math.expm1(-0.5)),
    scale: -0.5,
    weights: [],
  });
});

it("takes a half for the second order", () => {
  expect(unipcPredictor(-0.5, [-1.2], "bh2").weights).toEqual([0.5]);
  expect(unipcCorrector(-0.5, [], "bh2")).toMatchObject({
    scale: Math.fround(Math.expm1(-0.5)),
    weights: [0.5],
  });
});

it.each(["bh1", "bh2"] as const)("has weights that meet the moments of the expansion (%s)", (kind) => {
  const exponent = Math.fround(0.8);
  const ratios = [-1.5, -2.25];
  const { weights, scale } = unipcCorrector(exponent, ratios, kind);
  const all = [...ratios, 1];
  // ∫₀¹ eʰ⁽¹⁻ʳ⁾ rᵏ dr · h is what the expansion of degree k is to come to.
  for (const power of [1, 2, 3]) {
    const steps = 20000;
    let integral = 0;
    for (let index = 0; index < steps; index += 1) {
      const at = (index + 0.5) / steps;
      integral += (Math.exp(exponent * (1 - at)) * at ** power * exponent) / steps;
    }
    const sum = weights.reduce(
      (total, weight, place) => total + weight * Number(all[place]) ** (power - 1),
      0,
    );
    expect(sum * scale).toBeCloseTo(integral, 5);
  }
});
