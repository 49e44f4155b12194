/** The ends and the curvature of a Karras schedule. */
export interface KarrasSigmasOptions {
  /** The noise level at ramp 1. */
  readonly sigmaMin: number;
  /** The noise level at ramp 0. */
  readonly sigmaMax: number;
  /** The higher, the more of the levels lie near `sigmaMin`. */
  readonly rho: number;
}

/**
 * The noise levels at positions on a ramp from 0 (`sigmaMax`) to 1 (`sigmaMin`), in float64:
 * `σ = (σ_max^(1/ρ) + r · (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ`. Karras et al. 2022 (arXiv:2206.00364), equation 5.
 */
export function karrasSigmas(ramp: ArrayLike<number>, options: KarrasSigmasOptions): Float64Array {
  const { sigmaMin, sigmaMax, rho } = options;
  const start = sigmaMax ** (1 / rho);
  const end = sigmaMin ** (1 / rho);
  return Float64Array.from(ramp, (position) => (start + position * (end - start)) ** rho);
}
