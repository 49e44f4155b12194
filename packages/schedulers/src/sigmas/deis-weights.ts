import * as float32 from "../arithmetic/float32.ts";

/**
 * What the last predictions of noise are multiplied with in a step of DEIS: the integral over ρ, from that of the step
 * to that of the next, of the polynomial in ln ρ that is 1 at one of them and 0 at the others; diffusers' `ind_fn`.
 * Numbers are rounded as there, since the differences of large ones matter.
 *
 * @param next - ρ = σ / α of the next step, a float32 number above 0.
 * @param past - ρ of this step and the one or two before it, the newest first.
 * @returns One number for each of `past`.
 */
export function deisWeights(next: number, past: readonly number[]): number[] {
  const [start = Number.NaN] = past;
  return past.map((_, place) => {
    const order = [...past.slice(place), ...past.slice(0, place)];
    const integral = past.length === 2 ? secondOrderIntegral : thirdOrderIntegral;
    return float32.sub(integral(next, order), integral(start, order));
  });
}

function secondOrderIntegral(at: number, past: readonly number[]): number {
  const logAt = float32.log(at);
  const [logFirst = 0, logSecond = 0] = past.map(float32.log);
  const factor = float32.sub(float32.sub(logAt, logSecond), 1);
  return float32.div(float32.mul(at, factor), float32.sub(logFirst, logSecond));
}

function thirdOrderIntegral(at: number, past: readonly number[]): number {
  const logAt = float32.log(at);
  const [logFirst = 0, logSecond = 0, logThird = 0] = past.map(float32.log);
  let factor = float32.mul(logSecond, float32.add(float32.sub(logThird, logAt), 1));
  factor = float32.sub(factor, float32.mul(logThird, logAt));
  factor = float32.add(factor, logThird);
  factor = float32.add(factor, float32.square(logAt));
  factor = float32.sub(factor, float32.mul(2, logAt));
  factor = float32.add(factor, 2);
  const divisor = float32.mul(float32.sub(logFirst, logSecond), float32.sub(logFirst, logThird));
  return float32.div(float32.mul(at, factor), divisor);
}
