import type { Tensor } from "@onestep/core";

/**
 * The Adams–Bashforth method in float32. The order is the number of outputs, up to four.
 *
 * @param outputs - At least one, newest last.
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
 * The weights of the slopes in a linear multistep method: for each slope, the integral, from the noise level of the
 * step to the next one, of the polynomial that is 1 at the slope's own level and 0 at the others. In float64.
 * diffusers' `get_lms_coefficient`.
 *
 * @param sigmas - The noise levels of a run; the first `index + 1` must all be different.
 * @param index - The index of the level at which the step begins.
 * @param order - The number of slopes, 1 to `index + 1`.
 * @returns One weight per slope, newest first.
 */
export function lmsCoefficients(sigmas: ArrayLike<number>, index: number, order: number): number[] {
  const start = Number(sigmas[index]);
  const gap = Number(sigmas[index + 1]) - start;
  // Distances from the start keep the powers small.
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

/** Multiplies a polynomial, lowest power first, by `(x − root) / scale`. */
function multiplyByFactor(powers: readonly number[], root: number, scale: number): number[] {
  return [...powers, 0].map((weight, power) => ((powers[power - 1] ?? 0) - weight * root) / scale);
}
