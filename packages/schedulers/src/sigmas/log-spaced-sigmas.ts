import type { ExponentialSigmasOptions } from "./exponential-sigmas.ts";
import { keepFloat64, type Rounding } from "./preconditioning.ts";

/**
 * `count` noise levels whose logarithms are evenly spaced from `sigmaMax` down to `sigmaMin`, in float64 as
 * `np.linspace` and `np.exp` compute them. A single level is `sigmaMax`.
 *
 * @param round - What the logarithms of the ends are rounded to.
 */
export function logSpacedSigmas(
  count: number,
  options: ExponentialSigmasOptions,
  round: Rounding = keepFloat64,
): Float64Array {
  const start = round(Math.log(options.sigmaMax));
  const end = round(Math.log(options.sigmaMin));
  const gap = count === 1 ? 0 : (end - start) / (count - 1);
  return Float64Array.from({ length: count }, (_, index) =>
    Math.exp(index === count - 1 && count > 1 ? end : start + index * gap),
  );
}
