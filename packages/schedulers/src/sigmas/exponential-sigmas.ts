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
 * In float32 throughout, as diffusers' `EDMEulerScheduler` does it; the logarithms are rounded as `torch.linspace`
 * rounds on a CPU with fused multiply-add. Within a few units in the last place of torch, whose `exp` is its own.
 */
export function exponentialSigmas(count: number, options: ExponentialSigmasOptions): Float32Array {
  const start = Math.fround(Math.log(options.sigmaMin));
  const end = Math.fround(Math.log(options.sigmaMax));
  const gaps = count - 1;
  const step = gaps === 0 ? 0 : Math.fround(Math.fround(end - start) / gaps);
  const sigmas = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    const isInFirstHalf = index < Math.floor(count / 2) || gaps === 0;
    const logarithm = isInFirstHalf ? start + step * index : end - step * (gaps - index);
    sigmas[gaps - index] = Math.exp(Math.fround(logarithm));
  }
  return sigmas;
}
