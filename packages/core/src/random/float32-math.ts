// The polynomials are those of the Cephes library (logf.c, sinf.c) in the order, and with the fused multiply-adds,
// of the AVX2 code that torch fills large float32 tensors with (aten/src/ATen/native/cpu/avx_mathfun.h).

// This is the bulk of the cost of noise, so sums are written out and unpredictable branches avoided.

const fround = Math.fround;

const squareRootOfHalf = fround(Math.SQRT1_2);
const log2High = fround(0.693359375);
const log2Low = fround(-2.1219444e-4);
const log0 = fround(7.0376836292e-2);
const log1 = fround(-1.151461031e-1);
const log2 = fround(1.167699874e-1);
const log3 = fround(-1.2420140846e-1);
const log4 = fround(1.4249322787e-1);
const log5 = fround(-1.6668057665e-1);
const log6 = fround(2.0000714765e-1);
const log7 = fround(-2.4999993993e-1);
const log8 = fround(3.3333331174e-1);

const fourOverPi = fround(1.27323954473516);
const quarterTurnHigh = fround(-0.78515625);
const quarterTurnMiddle = fround(-2.4187564849853516e-4);
const quarterTurnLow = fround(-3.774894977445941e-8);
const cos0 = fround(2.443315711809948e-5);
const cos1 = fround(-1.388731625493765e-3);
const cos2 = fround(4.166664568298827e-2);
const sin0 = fround(-1.9515295891e-4);
const sin1 = fround(8.3321608736e-3);
const sin2 = fround(-1.6666654611e-1);

/** `2 ** (zeros - 32)` for each possible number of leading zeros in 32 bits. */
const scales = Float64Array.from({ length: 33 }, (_, zeros) => 2 ** (zeros - 32));

/**
 * The natural logarithm in float32, bit for bit torch's.
 *
 * @param value - A multiple of 2^-24 in (0, 1], as 1 minus a uniform float32 number is.
 */
export function logFloat32(value: number): number {
  const multiple = value * 2 ** 24;
  const zeros = Math.clz32(multiple);
  const mantissa = multiple * (scales[zeros] ?? 0);
  const isLow = Number(mantissa < squareRootOfHalf);
  const exponent = 8 - zeros - isLow;
  const offset = mantissa - 1 + isLow * mantissa;
  const square = fround(offset * offset);
  let sum = fusedMultiplyAdd(log0, offset, log1);
  sum = fusedMultiplyAdd(sum, offset, log2);
  sum = fusedMultiplyAdd(sum, offset, log3);
  sum = fusedMultiplyAdd(sum, offset, log4);
  sum = fusedMultiplyAdd(sum, offset, log5);
  sum = fusedMultiplyAdd(sum, offset, log6);
  sum = fusedMultiplyAdd(sum, offset, log7);
  sum = fusedMultiplyAdd(sum, offset, log8);
  sum = fround(sum * offset);
  sum = fusedMultiplyAdd(sum, square, fround(exponent * log2Low));
  sum = fround(sum - square * 0.5);
  return fusedMultiplyAdd(exponent, log2High, fround(offset + sum));
}

/**
 * Cosine and sine in float32, bit for bit torch's, written into `result` in this order.
 *
 * @param angle - A float32 number in [0, 2π].
 */
export function cosSinFloat32(angle: number, result: Float64Array): void {
  const octant = (Math.trunc(fround(angle * fourOverPi)) + 1) & ~1;
  let reduced = fusedMultiplyAdd(octant, quarterTurnHigh, angle);
  reduced = fusedMultiplyAdd(octant, quarterTurnMiddle, reduced);
  reduced = fusedMultiplyAdd(octant, quarterTurnLow, reduced);
  const square = fround(reduced * reduced);

  let cosine = fusedMultiplyAdd(cos0, square, cos1);
  cosine = fround(fusedMultiplyAdd(cosine, square, cos2) * square);
  cosine = fround(fusedMultiplyAdd(cosine, square, -square * 0.5) + 1);
  let sine = fusedMultiplyAdd(sin0, square, sin1);
  sine = fround(fusedMultiplyAdd(sine, square, sin2) * square);
  sine = fusedMultiplyAdd(sine, reduced, reduced);

  // Sine and cosine swap in every second quadrant.
  const place = (octant >> 1) & 1;
  result[place] = cosine;
  result[place ^ 1] = sine;
  result[0] = (result[0] ?? 0) * (((octant - 2) & 4) / 2 - 1);
  result[1] = (result[1] ?? 0) * (1 - (octant & 4) / 2);
}

/**
 * `left · right + addend` of float32 numbers, rounded to float32, like a CPU's fma instruction.
 *
 * The product of two float32 numbers is exact in a double; the sum is rounded to a double and then to float32. That
 * differs from fma, which rounds once, when the double sum is exactly halfway between two float32 numbers and the true
 * sum is not: about once in 2^29 sums of arbitrary numbers. For the sums that `logFloat32` and `cosSinFloat32` make it
 * never happens, as verified for all 2^24 arguments.
 */
export function fusedMultiplyAdd(left: number, right: number, addend: number): number {
  return Math.fround(left * right + addend);
}
