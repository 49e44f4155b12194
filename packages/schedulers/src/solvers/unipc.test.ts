import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { exactSolution, points, predictionAt } from "../__fixtures__/exact-solution.ts";
import * as float32 from "../float32.ts";
import { multistepUniCBhUpdate, multistepUniPBhUpdate, solveLinear, unipcFlowSigmas } from "./unipc.ts";

const [t, s0, s1] = points;
const x = 0.7;
const sample = Tensor.from([x], [1, 1]);
const kinds = [
  { predictX0: true, solverType: "bh1" },
  { predictX0: true, solverType: "bh2" },
  { predictX0: false, solverType: "bh1" },
  { predictX0: false, solverType: "bh2" },
] as const;

describe.each(kinds)("updates of %j", (config) => {
  const kind = config.predictX0 ? "x0" : "epsilon";
  const at = (coefficients: readonly number[]) => points.map((point) => predictionAt(point, coefficients));

  it("predict exactly where predictions are constant, and of third order where they are quadratic in λ", () => {
    const [, ...constants] = at([0.4]);
    const first = multistepUniPBhUpdate(config, constants, sample, [t, s0]);
    expect(first.data[0]).toBeCloseTo(exactSolution(kind, x, s0, t, [0.4]), 5);
    const parabola = [0.4, -0.3, 0.5];
    const [, ...predictions] = at(parabola);
    const third = multistepUniPBhUpdate(config, predictions, sample, points);
    expect(third.data[0]).toBeCloseTo(exactSolution(kind, x, s0, t, parabola), 4);
  });

  it("take half of the difference for the second order", () => {
    const [, m0, m1] = at([0.4, -0.3]) as [unknown, typeof sample, typeof sample];
    const [first, second] = [
      multistepUniPBhUpdate(config, [m0], sample, [t, s0]),
      multistepUniPBhUpdate(config, [m0, m1], sample, [t, s0, s1]),
    ];
    const h = t.lambda - s0.lambda;
    const hh = config.predictX0 ? -h : h;
    const Bh = config.solverType === "bh1" ? hh : Math.expm1(hh);
    const D1 = (Number(m1.data[0]) - Number(m0.data[0])) / ((s1.lambda - s0.lambda) / h);
    const scale = config.predictX0 ? t.alpha : t.sigma;
    expect(Number(second.data[0]) - Number(first.data[0])).toBeCloseTo(-scale * Bh * 0.5 * D1, 5);
  });

  it("correct exactly where predictions are quadratic in λ, of second order", () => {
    const parabola = [0.4, -0.3, 0.5];
    const [modelT, ...predictions] = at(parabola) as [typeof sample, ...(typeof sample)[]];
    const corrected = multistepUniCBhUpdate(config, modelT, predictions, sample, [t, s0, s1]);
    expect(corrected.data[0]).toBeCloseTo(exactSolution(kind, x, s0, t, parabola), 4);
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

describe("solveLinear", () => {
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
    expect(solveLinear(rows, right)).toEqual(expected);
  });

  it("exchanges rows where one begins with 0, and leaves what it was given", () => {
    const rows = [
      [0, 2, 1],
      [1, 1, 1],
      [4, -2, 3],
    ];
    const copy = structuredClone(rows);
    expect(solveLinear(rows, [0, 4, 20])).toEqual([3, -1, 2]);
    expect(rows).toEqual(copy);
  });
});
