/** α and β of the beta distribution. */
const shape = 0.6;
/** `1 / B(0.6, 0.6)`. */
const norm = 0.4140196650592571;

/**
 * The quantile function of the beta distribution with α = β = 0.6: the x that a random variable stays below with the
 * given probability.
 *
 * @param probability - 0 to 1.
 */
export function betaQuantile(probability: number): number {
  // Floating-point numbers are dense only near 0, so compute the upper half from the other end.
  if (probability > 0.5) return 1 - betaQuantile(1 - probability);
  if (probability <= 0) return 0;
  // Start from the contribution of the lower end alone: x^α / (α · B). It is above the quantile. Newton's method
  // overshoots to below it and only goes up from there, since the function is concave up to 1/2.
  let at = ((probability * shape) / norm) ** (1 / shape);
  for (let round = 0; round < 20; round += 1) {
    const density = norm * (at * (1 - at)) ** (shape - 1);
    const change = (probabilityBelow(at) - probability) / density;
    at -= change;
    if (Math.abs(change) <= Number.EPSILON * at) break;
  }
  return at;
}

/** The distribution function as a power series, for numbers up to 1/2 or slightly above. */
function probabilityBelow(at: number): number {
  let sum = 0;
  let term = 1;
  for (let power = 0; power < 200 && term > 1e-18; power += 1) {
    sum += term / (shape + power);
    term *= ((power + 1 - shape) * at) / (power + 1);
  }
  return norm * at ** shape * sum;
}
