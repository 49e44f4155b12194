import * as float32 from "../arithmetic/float32.ts";

/** A step of the diffusion process backwards, by the cumulative alphas at its two ends; all float32 numbers. */
export interface DDPMPosterior {
  /** The share of the variance that the step adds on the way forwards. */
  readonly beta: number;
  /** The weight of the clean sample in the mean of the sample before: formula (7) of arXiv:2006.11239. */
  readonly originalSampleWeight: number;
  /** The weight of the current sample in it. */
  readonly sampleWeight: number;
  /** The variance of the sample before, at least 1e-20. */
  readonly variance: number;
}

/**
 * The distribution of the sample before, given the current and the clean one: Ho et al. 2020 (arXiv:2006.11239),
 * formulas (6) and (7), rounded as in diffusers' scheduling_ddpm.py.
 *
 * @param alphaProd - ᾱ of the timestep.
 * @param previousAlphaProd - ᾱ of the timestep before; 1 before the first.
 */
export function ddpmPosterior(alphaProd: number, previousAlphaProd: number): DDPMPosterior {
  const betaProd = float32.sub(1, alphaProd);
  const previousBetaProd = float32.sub(1, previousAlphaProd);
  const alpha = float32.div(alphaProd, previousAlphaProd);
  const beta = float32.sub(1, alpha);
  const variance = float32.mul(float32.div(previousBetaProd, betaProd), beta);
  return {
    beta,
    originalSampleWeight: float32.div(float32.mul(float32.sqrt(previousAlphaProd), beta), betaProd),
    sampleWeight: float32.div(float32.mul(float32.sqrt(alpha), previousBetaProd), betaProd),
    variance: Math.max(variance, Math.fround(1e-20)),
  };
}
