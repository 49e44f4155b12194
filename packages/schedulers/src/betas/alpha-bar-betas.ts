/** A decreasing function from [0, 1] to the share of the signal's variance that is left at that time. */
export type AlphaBar = (time: number) => number;

/** The most variance that a single step may add. */
const maximumBeta = 0.999;

/** The cosine schedule of Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17. */
export const cosineAlphaBar: AlphaBar = (time) => Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2;

/** The betas whose cumulative product follows `alphaBar`: diffusers' `betas_for_alpha_bar` (scheduling_ddpm.py). */
export function alphaBarBetas(count: number, alphaBar: AlphaBar): Float32Array {
  return Float32Array.from({ length: count }, (_, index) =>
    Math.min(1 - alphaBar((index + 1) / count) / alphaBar(index / count), maximumBeta),
  );
}
