import { describe, expect, it } from "vitest";
import * as float32 from "../float32.ts";
import { solveLinearFloat32, unipcCorrector, unipcFlowSigmas, unipcPredictor } from "./unipc.ts";

describe("coefficients", () => {
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
});

describe("unipcFlowSigmas", () => {
  const options = { flowShift: 1, timeShiftType: "exponential", shiftTerminal: null, mu: undefined } as const;
  const sigmas = Float64Array.of(1, 0.5, 0.25);

  it("leaves a part of the signal", () => {
    expect([...unipcFlowSigmas(sigmas, options)]).toEqual([1 - 1e-6, 0.5, 0.25]);
  });

  it("shifts by mu in place of the config's shift, and stretches to the last level", () => {
    const shifted = unipcFlowSigmas(sigmas, { ...options, flowShift: 9, mu: Math.log(3) });
    expect(shifted[1]).toBeCloseTo(0.75, 12);
    expect(unipcFlowSigmas(sigmas, { ...options, timeShiftType: "linear", mu: 3 })[2]).toBeCloseTo(0.5, 12);
    const stretched = unipcFlowSigmas(sigmas, { ...options, shiftTerminal: 0.1 });
    expect(stretched[2]).toBeCloseTo(0.1, 12);
    expect(stretched[1]).toBeCloseTo(0.4, 12);
  });
});

describe("solveLinearFloat32", () => {
  // `torch.linalg.solve` of torch 2.13.0.
  it.each([
    [
      [-0.7, 1],
      [0.29411765933036804, 0.005882355850189924],
    ],
    [
      [-0.7, -1.9, 1],
      [0.024509817361831665, 0.15804597735404968, 0.11744421720504761],
    ],
    [
      [-0.7, -1.9, -3.3, 1],
      [-0.24415546655654907, 0.45053377747535706, -0.09104270488023758, 0.18466439843177795],
    ],
  ])("solves the system of powers of %j bit for bit as torch", (bases, expected) => {
    const rows = [bases.map(() => 1)];
    const rounded = bases.map(Math.fround);
    while (rows.length < bases.length) {
      rows.push(rounded.map((base, index) => float32.mul(base, Number(rows.at(-1)?.[index]))));
    }
    const right = [0.3, -0.2, 0.7, 0.45].slice(0, bases.length).map(Math.fround);
    expect(solveLinearFloat32(rows, right)).toEqual(expected);
  });

  it("exchanges rows where one begins with 0, and leaves what it was given", () => {
    const rows = [
      [0, 2, 1],
      [1, 1, 1],
      [4, -2, 3],
    ];
    const copy = structuredClone(rows);
    expect(solveLinearFloat32(rows, [0, 4, 20])).toEqual([3, -1, 2]);
    expect(rows).toEqual(copy);
  });
});
