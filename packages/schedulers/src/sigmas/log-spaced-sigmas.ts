import type { ExponentialSigmasOptions } from "./exponential-sigmas.ts";

/**
 * `count` noise levels whose logarithms are evenly spaced from `sigmaMax` down to `sigmaMin`, in float64 as
 * `np.linspace` and `np.exp` compute them. A single level is `sigmaMax`.
 */
export function logSpacedSigmas(count: number, options: ExponentialSigmasOptions): Float64Array {
  const start = Math.log(options.sigmaMax);
  const end = Math.log(options.sigmaMin);
  const gap = count === 1 ? 0 : (end - start) / (count - 1);
  return Float64Array.from({ length: count }, (_, index) =>
    Math.exp(index === count - 1 && count > 1 ? end : start + index * gap),
  );
}
