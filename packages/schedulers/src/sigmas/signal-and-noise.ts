import * as float32 from "../arithmetic/float32.ts";

/** How much of the signal and of the noise a sample holds; float32 numbers. */
export interface SignalAndNoise {
  /** What the clean sample is multiplied with: α. */
  readonly signal: number;
  /** What unit-variance noise is multiplied with: σ. */
  readonly noise: number;
  /** `ln(α / σ)`: half the logarithm of the signal-to-noise ratio; infinite where there is no noise. */
  readonly logRatio: number;
}

/**
 * Signal and noise at a noise level, in float32; diffusers' `_sigma_to_alpha_sigma_t`.
 *
 * @param sigma - The deviation of the noise over a signal that is not scaled, or, in flow matching, the share of the
 * noise.
 */
export function signalAndNoise(sigma: number, isFlow: boolean): SignalAndNoise {
  const signal = isFlow
    ? float32.sub(1, sigma)
    : float32.div(1, float32.sqrt(float32.add(float32.square(sigma), 1)));
  const noise = isFlow ? sigma : float32.mul(sigma, signal);
  return { signal, noise, logRatio: float32.sub(float32.log(signal), float32.log(noise)) };
}
