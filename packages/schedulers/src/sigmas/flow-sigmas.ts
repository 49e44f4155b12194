/**
 * Noise levels of flow matching shifted towards more noise: `s · σ / (1 + (s − 1) · σ)`. Esser et al. 2024
 * (arXiv:2403.03206), equation 23.
 *
 * @param sigmas - 0 to 1.
 * @param shift - s, above 0; 1 leaves the levels as they are.
 */
export function shiftFlowSigmas(sigmas: Float64Array, shift: number): Float64Array {
  return sigmas.map((sigma) => (shift * sigma) / (1 + (shift - 1) * sigma));
}

/**
 * `count` noise levels of flow matching from `1 − 1 / trainCount` down, evenly spaced above 0, as diffusers' DPM-Solver
 * and DEIS have them.
 */
export function evenFlowSigmas(count: number, trainCount: number): Float64Array {
  const gap = (1 / trainCount - 1) / count;
  return Float64Array.from({ length: count }, (_, index) => {
    const place = count - index;
    return 1 - (place === count ? 1 / trainCount : place * gap + 1);
  });
}

/** `count` noise levels of flow matching from 1 down, evenly spaced above `1 / trainCount`, as UniPC has them. */
export function fullFlowSigmas(count: number, trainCount: number): Float64Array {
  const gap = (1 / trainCount - 1) / count;
  return Float64Array.from({ length: count }, (_, index) => index * gap + 1);
}
