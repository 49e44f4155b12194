import { Tensor } from "@onestep/core";
import { type SchedulePoint, sigmaToAlphaSigmaT } from "../solvers/dpm-solver.ts";

/** Points of a schedule where the noise level falls, the first the one that a step leads to. */
export const points = [0.6, 1, 1.8, 2.9].map((sigma) => sigmaToAlphaSigmaT(sigma, false)) as [
  t: SchedulePoint,
  s0: SchedulePoint,
  s1: SchedulePoint,
  s2: SchedulePoint,
];

/** Predictions that change with λ as a polynomial. */
export function predictionAt({ lambda }: SchedulePoint, coefficients: readonly number[]): Tensor<"float32"> {
  return Tensor.from([polynomial(lambda, coefficients)], [1, 1]);
}

/**
 * Where the probability flow ODE leads from `x` at s, by Simpson's rule in float64: DPM-Solver (arXiv:2206.00927), equation
 * 3.4, for predictions of noise, and DPM-Solver++ (arXiv:2211.01095), equation 8, for those of the clean sample.
 */
export function exactSolution(
  kind: "x0" | "epsilon",
  x: number,
  s: SchedulePoint,
  t: SchedulePoint,
  coefficients: readonly number[],
): number {
  const sign = kind === "x0" ? 1 : -1;
  const parts = 1000;
  const gap = (t.lambda - s.lambda) / parts;
  let sum = 0;
  for (let index = 0; index <= parts; index += 1) {
    const weight = index === 0 || index === parts ? 1 : index % 2 === 1 ? 4 : 2;
    const lambda = s.lambda + index * gap;
    sum += weight * Math.exp(sign * lambda) * polynomial(lambda, coefficients);
  }
  const integral = (sum * gap) / 3;
  return kind === "x0"
    ? (t.sigma / s.sigma) * x + t.sigma * integral
    : (t.alpha / s.alpha) * x - t.alpha * integral;
}

function polynomial(at: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient, power) => sum + coefficient * at ** power, 0);
}
