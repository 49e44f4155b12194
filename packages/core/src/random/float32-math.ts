import { fusedMultiplyAdd } from "./fused-multiply-add.ts";

// The polynomials are those of the Cephes library (logf.c, sinf.c) in the order, and with the fused multiply-adds,
// of the AVX2 code that torch fills large float32 tensors with (aten/src/ATen/native/cpu/avx_mathfun.h).

const fround = Math.fround;

const squareRootOfHalf = fround(Math.SQRT1_2);
const log2High = fround(0.693359375);
const log2Low = fround(-2.1219444e-4);
const logTerms: readonly number[] = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(fround);

const fourOverPi = fround(1.27323954473516);
const quarterTurnHigh = fround(-0.78515625);
const quarterTurnMiddle = fround(-2.4187564849853516e-4);
const quarterTurnLow = fround(-3.774894977445941e-8);
const cosTerms = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(fround);
const sinTerms = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(fround);

function evaluate(terms: readonly number[], at: number): number {
  let sum = terms[0] ?? 0;
  for (let index = 1; index < terms.length; index += 1) sum = fusedMultiplyAdd(sum, at, terms[index] ?? 0);
  return sum;
}

/**
 * The natural logarithm in float32, bit for bit torch's.
 *
 * @param value - A multiple of 2^-24 in (0, 1], as 1 minus a uniform float32 number is.
 */
export function logFloat32(value: number): number {
  const multiple = value * 2 ** 24;
  let exponent = 8 - Math.clz32(multiple);
  const mantissa = multiple / (1 << (exponent + 24));
  let offset = mantissa - 1;
  if (mantissa < squareRootOfHalf) {
    exponent -= 1;
    offset += mantissa;
  }
  const square = fround(offset * offset);
  let sum = fround(evaluate(logTerms, offset) * offset);
  sum = fusedMultiplyAdd(sum, square, fround(exponent * log2Low));
  sum = fround(sum - square * 0.5);
  return fusedMultiplyAdd(exponent, log2High, fround(offset + sum));
}

/** A sine and a cosine. */
export interface SineAndCosine {
  sine: number;
  cosine: number;
}

/**
 * Sine and cosine in float32, bit for bit torch's, written into `result`.
 *
 * @param angle - A float32 number in [0, 2π].
 */
export function sinCosFloat32(angle: number, result: SineAndCosine): void {
  const octant = (Math.trunc(fround(angle * fourOverPi)) + 1) & ~1;
  let reduced = fusedMultiplyAdd(octant, quarterTurnHigh, angle);
  reduced = fusedMultiplyAdd(octant, quarterTurnMiddle, reduced);
  reduced = fusedMultiplyAdd(octant, quarterTurnLow, reduced);
  const square = fround(reduced * reduced);

  let cosine = fround(evaluate(cosTerms, square) * square);
  cosine = fround(fusedMultiplyAdd(cosine, square, -square * 0.5) + 1);
  let sine = fround(evaluate(sinTerms, square) * square);
  sine = fusedMultiplyAdd(sine, reduced, reduced);

  const isSwapped = (octant & 2) !== 0;
  const sineSign = (octant & 4) === 0 ? 1 : -1;
  const cosineSign = ((octant - 2) & 4) === 0 ? -1 : 1;
  result.sine = sineSign * (isSwapped ? cosine : sine);
  result.cosine = cosineSign * (isSwapped ? sine : cosine);
}
