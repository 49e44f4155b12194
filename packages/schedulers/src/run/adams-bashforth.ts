import type { Tensor } from "@onestep/core";

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
