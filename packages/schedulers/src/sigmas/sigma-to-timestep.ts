import * as float32 from "../arithmetic/float32.ts";
import { keepFloat64, type Rounding } from "./preconditioning.ts";

/**
 * The timestep of a noise level, a fraction where it lies between two: the inverse of `interpolateSigmas` on a
 * logarithmic scale; diffusers' `_sigma_to_t`.
 *
 * @param logSigmas - The logarithms of the levels of timesteps 0, 1, …, float32 numbers. They never fall but to the last,
 * which is lowered to a finite number where a schedule ends in pure noise.
 * @param round - What the type of `sigma` rounds to.
 */
export function sigmaToTimestep(
  sigma: number,
  logSigmas: Float32Array,
  round: Rounding = keepFloat64,
): number {
  if (logSigmas.length < 2) return 0;
  const logSigma = round(Math.log(Math.max(sigma, 1e-10)));
  const last = logSigmas.length - 1;
  const isBeyond = (logSigmas[last] as number) <= logSigma;
  const found = isBeyond ? last : countUpTo(logSigma, logSigmas.subarray(0, last)) - 1;
  const lowIndex = Math.min(Math.max(found, 0), logSigmas.length - 2);
  const low = logSigmas[lowIndex] ?? Number.NaN;
  const high = logSigmas[lowIndex + 1] ?? Number.NaN;
  const share = round(round(low - logSigma) / float32.sub(low, high));
  const weight = Math.min(Math.max(share, 0), 1);
  return round(1 - weight) * lowIndex + weight * (lowIndex + 1);
}

/** How many of numbers that never fall are up to `limit`. By halves, since a schedule may have a million of them. */
function countUpTo(limit: number, numbers: Float32Array): number {
  let start = 0;
  let end = numbers.length;
  while (start < end) {
    const middle = (start + end) >> 1;
    if ((numbers[middle] as number) <= limit) start = middle + 1;
    else end = middle;
  }
  return start;
}
