import type { Tensor } from "@onestep/core";
import * as float32 from "../float32.ts";

/**
 * Adams and Bashforth's method of the order that there are outputs for, up to the fourth, in float32.
 *
 * @param outputs - At least one, the last of them the newest.
 */
export function adamsBashforth(outputs: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const [newest, second, third, fourth] = outputs.toReversed() as [Tensor<"float32">, ...Tensor<"float32">[]];
  if (second === undefined) return newest;
  if (third === undefined) return newest.mul(3).sub(second).div(2);
  if (fourth === undefined) return newest.mul(23).sub(second.mul(16)).add(third.mul(5)).div(12);
  return newest
    .mul(55)
    .sub(second.mul(59))
    .add(third.mul(37))
    .sub(fourth.mul(9))
    .mul(1 / 24);
}

/**
 * What the slopes of a linear multistep method are multiplied with: the integral, from the noise level of a step to the
 * next, of the polynomial that is 1 at the level of one slope and 0 at those of the others. In float64.
 *
 * @param sigmas - The noise levels of a run, all of the first `index + 1` different.
 * @param index - Of the level that the step begins at.
 * @param order - How many slopes, 1 to `index + 1`.
 * @returns One number for each slope, the newest first.
 */
export function multistepCoefficients(sigmas: ArrayLike<number>, index: number, order: number): number[] {
  const start = Number(sigmas[index]);
  const gap = Number(sigmas[index + 1]) - start;
  // Distances from the start make the powers small.
  const nodes = Array.from({ length: order }, (_, place) => Number(sigmas[index - place]) - start);
  return nodes.map((node, place) => {
    const others = nodes.filter((_, other) => other !== place);
    const polynomial = others.reduce<number[]>(
      (powers, other) => multiplyByFactor(powers, other, node - other),
      [1],
    );
    return polynomial.reduce((sum, weight, power) => sum + (weight * gap ** (power + 1)) / (power + 1), 0);
  });
}

/** A polynomial, the lowest power first, times `(x − root) / scale`. */
function multiplyByFactor(powers: readonly number[], root: number, scale: number): number[] {
  return [...powers, 0].map((weight, power) => ((powers[power - 1] ?? 0) - weight * root) / scale);
}

/**
 * What the last predictions of noise are multiplied with in a step of DEIS: the integral over ρ, from that of the step
 * to that of the next, of the polynomial in ln ρ that is 1 at one of them and 0 at the others; diffusers' `ind_fn`.
 * Numbers are rounded as there, since the differences of large ones matter.
 *
 * @param next - ρ = σ / α of the next step, a float32 number above 0.
 * @param past - ρ of this step and the one or two before it, the newest first.
 * @returns One number for each of `past`.
 */
export function deisWeights(next: number, past: readonly number[]): number[] {
  const [start = Number.NaN] = past;
  return past.map((_, place) => {
    const order = [...past.slice(place), ...past.slice(0, place)];
    const integral = past.length === 2 ? secondOrderIntegral : thirdOrderIntegral;
    return float32.sub(integral(next, order), integral(start, order));
  });
}

function secondOrderIntegral(at: number, past: readonly number[]): number {
  const logAt = float32.log(at);
  const [logFirst = 0, logSecond = 0] = past.map(float32.log);
  const factor = float32.sub(float32.sub(logAt, logSecond), 1);
  return float32.div(float32.mul(at, factor), float32.sub(logFirst, logSecond));
}

function thirdOrderIntegral(at: number, past: readonly number[]): number {
  const logAt = float32.log(at);
  const [logFirst = 0, logSecond = 0, logThird = 0] = past.map(float32.log);
  let factor = float32.mul(logSecond, float32.add(float32.sub(logThird, logAt), 1));
  factor = float32.sub(factor, float32.mul(logThird, logAt));
  factor = float32.add(factor, logThird);
  factor = float32.add(factor, float32.square(logAt));
  factor = float32.sub(factor, float32.mul(2, logAt));
  factor = float32.add(factor, 2);
  const divisor = float32.mul(float32.sub(logFirst, logSecond), float32.sub(logFirst, logThird));
  return float32.div(float32.mul(at, factor), divisor);
}
