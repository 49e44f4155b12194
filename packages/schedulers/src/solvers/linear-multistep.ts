import type { Tensor } from "@onestep/core";

/**
 * Adams and Bashforth's method in float32, of the order of the number of outputs, up to the fourth.
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
 * next, of the polynomial that is 1 at the level of one slope and 0 at those of the others. In float64. diffusers' `get_lms_coefficient`.
 *
 * @param sigmas - The noise levels of a run, all of the first `index + 1` different.
 * @param index - Of the level that the step begins at.
 * @param order - How many slopes, 1 to `index + 1`.
 * @returns One number for each slope, the newest first.
 */
export function lmsCoefficients(sigmas: ArrayLike<number>, index: number, order: number): number[] {
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
