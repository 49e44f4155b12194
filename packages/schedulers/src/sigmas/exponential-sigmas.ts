import { linspaceFloat32 } from "../arithmetic/linspace-float32.ts";

/** The ends of an exponential schedule. */
export interface ExponentialSigmasOptions {
  /** The last noise level. Above 0. */
  readonly sigmaMin: number;
  /** The first noise level. Above 0. */
  readonly sigmaMax: number;
}

/**
 * `count` noise levels whose logarithms are evenly spaced from `sigmaMax` down to `sigmaMin`. A single level is
 * `sigmaMin`, as in diffusers.
 *
 * In float32 throughout, as diffusers' `EDMEulerScheduler` does it. Within a few units in the last place of torch,
 * whose `exp` is its own.
 */
export function exponentialSigmas(count: number, options: ExponentialSigmasOptions): Float32Array {
  const logarithms = linspaceFloat32(Math.log(options.sigmaMin), Math.log(options.sigmaMax), count);
  return logarithms.map(Math.exp).reverse();
}
