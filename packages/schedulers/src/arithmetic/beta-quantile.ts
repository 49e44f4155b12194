import { logGamma } from "./log-gamma.ts";

/** The shape of a beta distribution; both above 0. */
export interface BetaShape {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * The quantile function of the beta distribution: the x that a variable stays below with this probability.
 *
 * @param probability - 0 to 1.
 */
export function betaQuantile(probability: number, shape: BetaShape): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  // The numbers are dense near 0 alone, so the upper tail is found from the other side.
  const mirrored = { alpha: shape.beta, beta: shape.alpha };
  if (probability > 0.5) return 1 - lowerQuantile(1 - probability, mirrored);
  return lowerQuantile(probability, shape);
}

/** Newton's method, held within the interval that bisection leaves. */
function lowerQuantile(probability: number, shape: BetaShape): number {
  const { alpha, beta } = shape;
  const logNorm = logGamma(alpha + beta) - logGamma(alpha) - logGamma(beta);
  let [low, high] = [0, 1];
  // What the lower tail is alone: x^α / (α · B(α, β)).
  let at = Math.min(0.5, Math.exp((Math.log(probability * alpha) - logNorm) / alpha));
  for (let round = 0; round < 100; round += 1) {
    const excess = betaProbability(at, shape, logNorm) - probability;
    if (excess > 0) high = at;
    else low = at;
    const density = Math.exp(logNorm + (alpha - 1) * Math.log(at) + (beta - 1) * Math.log1p(-at));
    const newton = at - excess / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - at) <= Number.EPSILON * at) return next;
    at = next;
  }
  return at;
}

/** The regularized incomplete beta function, by its continued fraction in Lentz's form. */
function betaProbability(at: number, { alpha, beta }: BetaShape, logNorm: number): number {
  const front = Math.exp(logNorm + alpha * Math.log(at) + beta * Math.log1p(-at));
  if (at > (alpha + 1) / (alpha + beta + 2)) {
    return 1 - (front * continuedFraction(1 - at, { alpha: beta, beta: alpha })) / beta;
  }
  return (front * continuedFraction(at, { alpha, beta })) / alpha;
}

function continuedFraction(at: number, { alpha, beta }: BetaShape): number {
  let numerator = 1;
  let denominator = 1 / (1 - ((alpha + beta) * at) / (alpha + 1));
  let fraction = denominator;
  for (let term = 1; term < 300; term += 1) {
    const twice = 2 * term;
    const even = (term * (beta - term) * at) / ((alpha + twice - 1) * (alpha + twice));
    const odd = (-(alpha + term) * (alpha + beta + term) * at) / ((alpha + twice) * (alpha + twice + 1));
    let factor = 1;
    for (const coefficient of [even, odd]) {
      denominator = 1 / (1 + coefficient * denominator);
      numerator = 1 + coefficient / numerator;
      factor = denominator * numerator;
      fraction *= factor;
    }
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return fraction;
}
