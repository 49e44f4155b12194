/** A decreasing function from [0, 1] to the share of the signal's variance that is left at that time. */
export type AlphaBar = (time: number) => number;

/** The most variance that a single step may add. */
const maximumBeta = 0.999;

/** The cosine schedule of Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17. */
export const cosineAlphaBar: AlphaBar = (time) => Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2;

/** A share that falls exponentially, to `e^-12`. */
export const exponentialAlphaBar: AlphaBar = (time) => Math.exp(time * -12);

/** A signal-to-noise ratio that follows a Laplace distribution: Hang et al. 2024 (arXiv:2407.03297). */
export const laplaceAlphaBar: AlphaBar = (time) => {
  const side = time <= 0.5 ? 1 : -1;
  const ratio = Math.exp(-0.5 * side * Math.log(1 - 2 * Math.abs(0.5 - time) + 1e-6));
  return Math.sqrt(ratio / (1 + ratio));
};

/** The betas whose cumulative product follows `alphaBar`: diffusers' `betas_for_alpha_bar` (scheduling_ddpm.py). */
export function alphaBarBetas(count: number, alphaBar: AlphaBar): Float32Array {
  return Float32Array.from({ length: count }, (_, index) =>
    Math.min(1 - alphaBar((index + 1) / count) / alphaBar(index / count), maximumBeta),
  );
}
