import { betaQuantile } from "../arithmetic/beta-quantile.ts";
import type { ExponentialSigmasOptions } from "./exponential-sigmas.ts";
import { unitRamp } from "./unit-ramp.ts";

/**
 * `count` noise levels from `sigmaMax` down to `sigmaMin`, spread as the quantiles of a beta distribution, dense at both
 * ends, in float64: Lee et al. 2024, "Beta Sampling is All You Need" (arXiv:2407.12173). A single level is `sigmaMax`.
 */
export function betaSigmas(count: number, options: ExponentialSigmasOptions): Float64Array {
  const { sigmaMin, sigmaMax } = options;
  return unitRamp(count).map((position) => sigmaMin + betaQuantile(1 - position) * (sigmaMax - sigmaMin));
}
