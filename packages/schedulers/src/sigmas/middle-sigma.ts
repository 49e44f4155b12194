import * as float32 from "../arithmetic/float32.ts";

/** The noise level half-way between two on a logarithmic scale, as torch's `lerp` rounds it; 0 where one of them is. */
export function middleSigma(sigma: number, otherSigma: number): number {
  if (sigma === 0 || otherSigma === 0) return 0;
  const [start, end] = [float32.log(otherSigma), float32.log(sigma)];
  return float32.exp(float32.sub(end, float32.mul(float32.sub(end, start), 0.5)));
}
