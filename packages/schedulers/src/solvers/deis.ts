import type { Tensor } from "@onestep/core";
import { add, div, exp, log, mul, square, sub } from "../float32.ts";
import type { SchedulePoint } from "./dpm-solver.ts";

// The formulas of diffusers' `schedulers/scheduling_deis_multistep.py`: Zhang and Chen 2022 (arXiv:2204.13902),
// ρ-AB-DEIS in log ρ. t is the point at which a step ends, s0 the point of the newest prediction, s1 and s2 the points
// before it; m0, m1 and m2 are the noise predictions at s0, s1 and s2.

type Sample = Tensor<"float32">;

/** `deis_first_order_update`: a first-order step, equivalent to DDIM. */
export function deisFirstOrderUpdate(
  m0: Sample,
  sample: Sample,
  [t, s0]: readonly [t: SchedulePoint, s0: SchedulePoint],
): Sample {
  const h = sub(t.lambda, s0.lambda);
  return sample.mul(div(t.alpha, s0.alpha)).sub(m0.mul(mul(t.sigma, sub(exp(h), 1))));
}

/**
 * `multistep_deis_second_order_update` and `multistep_deis_third_order_update`:
 * `x_t = α_t (x / α_s0 + coef1 · m0 + coef2 · m1 + coef3 · m2)`.
 *
 * @param modelOutputs - m0, m1 and, for the third order, m2.
 * @param points - t, s0, s1 and, for the third order, s2.
 */
export function multistepDEISUpdate(
  modelOutputs: readonly Sample[],
  sample: Sample,
  [t, ...points]: readonly [t: SchedulePoint, s0: SchedulePoint, ...older: SchedulePoint[]],
): Sample {
  const [s0] = points as [SchedulePoint];
  const rhos = points.map(({ sigma, alpha }) => div(sigma, alpha));
  const coefficients = deisCoefficients(div(t.sigma, t.alpha), rhos);
  return modelOutputs
    .reduce((sum, m, k) => sum.add(m.mul(coefficients[k] ?? Number.NaN)), sample.div(s0.alpha))
    .mul(t.alpha);
}

/**
 * The weights of the previous noise predictions: for each, the integral over ρ, from ρ_s0 to ρ_t, of the polynomial in
 * ln ρ that is 1 at its own point and 0 at the others. `ind_fn(rho_t, …) − ind_fn(rho_s0, …)` in diffusers, with the
 * same rounding, since differences of large numbers matter.
 *
 * @param rhoT - ρ = σ / α at t, a float32 number above 0.
 * @param rhos - ρ at s0, s1 and, for the third order, s2.
 */
export function deisCoefficients(rhoT: number, rhos: readonly number[]): number[] {
  const [rhoS0 = Number.NaN] = rhos;
  return rhos.map((_, k) => {
    const order = [...rhos.slice(k), ...rhos.slice(0, k)];
    const indFn = rhos.length === 2 ? secondOrderIntegral : thirdOrderIntegral;
    return sub(indFn(rhoT, order), indFn(rhoS0, order));
  });
}

/** `ind_fn(t, b, c)`: the integral of (ln t − ln c) / (ln b − ln c). */
function secondOrderIntegral(t: number, rhos: readonly number[]): number {
  const logT = log(t);
  const [logB = 0, logC = 0] = rhos.map(log);
  return div(mul(t, sub(sub(logT, logC), 1)), sub(logB, logC));
}

/** `ind_fn(t, b, c, d)`: the integral of (ln t − ln c)(ln t − ln d) / ((ln b − ln c)(ln b − ln d)). */
function thirdOrderIntegral(t: number, rhos: readonly number[]): number {
  const logT = log(t);
  const [logB = 0, logC = 0, logD = 0] = rhos.map(log);
  let numerator = mul(logC, add(sub(logD, logT), 1));
  numerator = sub(numerator, mul(logD, logT));
  numerator = add(numerator, logD);
  numerator = add(numerator, square(logT));
  numerator = sub(numerator, mul(2, logT));
  numerator = add(numerator, 2);
  const denominator = mul(sub(logB, logC), sub(logB, logD));
  return div(mul(t, numerator), denominator);
}
