// `Math.log`, `Math.sin` and `Math.cos` differ from engine to engine, and those of V8 differ from the C library that
// torch calls in the last bit of 3 to 7 results in 100. The functions here are correctly rounded except for about one
// argument in millions; the C library (glibc 2.36), except for one in a thousand.

const one: DoubleDouble = { high: 1, low: 0 };
const log2: DoubleDouble = { high: Math.LN2, low: 2.3190468138462996e-17 };
/** π/2. The leading part has three trailing zero bits, so that its multiples up to 4 are exact. */
const quarterTurn = { high: Math.PI / 2, middle: 6.123233995736766e-17, low: -1.4973849048591833e-33 };

/** The number of series coefficients that need more than double precision for a result accurate to about 2^-75. */
const leadingCount = 5;

interface Series {
  readonly leading: readonly DoubleDouble[];
  readonly rest: readonly number[];
}

const logSeries = makeSeries(17, (index) => reciprocal(2 * index + 1));
const sineSeries = makeSeries(12, (index) => inverseFactorial(2 * index + 1, index));
const cosineSeries = makeSeries(13, (index) => inverseFactorial(2 * index, index));

function makeSeries(length: number, coefficient: (index: number) => DoubleDouble): Series {
  const coefficients = Array.from({ length }, (_, index) => coefficient(index));
  return {
    leading: coefficients.slice(0, leadingCount),
    rest: coefficients.slice(leadingCount).map((value) => value.high),
  };
}

function reciprocal(value: number): DoubleDouble {
  return divide(one, { high: value, low: 0 });
}

/** `±1 / value!`, negative if `index` is odd. */
function inverseFactorial(value: number, index: number): DoubleDouble {
  let result: DoubleDouble = { high: index % 2 === 0 ? 1 : -1, low: 0 };
  for (let factor = 2; factor <= value; factor += 1) result = multiply(result, reciprocal(factor));
  return result;
}

/** The sum of `coefficient[i] · at^i`. */
function evaluate(series: Series, at: DoubleDouble): DoubleDouble {
  let rest = 0;
  for (let index = series.rest.length - 1; index >= 0; index -= 1) {
    rest = rest * at.high + (series.rest[index] ?? 0);
  }
  let sum: DoubleDouble = { high: rest, low: 0 };
  for (let index = leadingCount - 1; index >= 0; index -= 1) {
    sum = add(series.leading[index] ?? one, multiply(sum, at));
  }
  return sum;
}

/**
 * The natural logarithm, correctly rounded.
 *
 * @param value - A multiple of 2^-53 in (0, 1], as 1 minus a uniform float64 number is.
 */
export function logFloat64(value: number): number {
  let exponent = 0;
  let mantissa = value;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  // log m = 2 artanh s with s = (m - 1) / (m + 1); |s| < 0.172.
  const ratio = divide({ high: mantissa - 1, low: 0 }, addExactly(mantissa, 1));
  const series = multiply(ratio, evaluate(logSeries, multiply(ratio, ratio)));
  const logOfMantissa = { high: 2 * series.high, low: 2 * series.low };
  return add(multiply(log2, { high: exponent, low: 0 }), logOfMantissa).high;
}

/** A sine and a cosine. */
export interface SineAndCosine {
  sine: number;
  cosine: number;
}

/**
 * Sine and cosine, correctly rounded, written into `result`.
 *
 * @param angle - A number in [0, 2π].
 */
export function sinCosFloat64(angle: number, result: SineAndCosine): void {
  const quadrant = Math.round(angle / quarterTurn.high);
  const difference = addExactly(angle, -quadrant * quarterTurn.high);
  const correction = multiplyExactly(-quadrant, quarterTurn.middle);
  const tail = { high: correction.high, low: correction.low - quadrant * quarterTurn.low };
  const reduced = add(difference, tail);
  const square = multiply(reduced, reduced);
  const sine = multiply(reduced, evaluate(sineSeries, square)).high;
  const cosine = evaluate(cosineSeries, square).high;
  const isOdd = quadrant % 2 === 1;
  result.sine = (quadrant % 4 < 2 ? 1 : -1) * (isOdd ? cosine : sine);
  result.cosine = (quadrant % 4 === 0 || quadrant === 3 ? 1 : -1) * (isOdd ? sine : cosine);
}

const log2High = 6.931471803691238e-1;
const log2Low = 1.9082149292705877e-10;

// Lp1 to Lp7 of s_log1p.c in Sun's fdlibm (1993).
const term1 = 0.6666666666666735;
const term2 = 0.3999999999940942;
const term3 = 0.2857142874366239;
const term4 = 0.22222198432149784;
const term5 = 0.1818357216161805;
const term6 = 0.15313837699209373;
const term7 = 0.14798198605116586;

// fdlibm compares only the upper half of a number with 1 - sqrt(1/2) and sqrt(2).
const greatestDirect = 0.2928934097290039;
const greatestMantissa = 1.4142131805419922;

/**
 * `log(1 - value)` with the rounding errors of the C library that torch calls for its small draws: fdlibm's formula,
 * its polynomial summed in the order of glibc. It is off the true value by up to 1 unit in the last place, so a
 * better logarithm would not give torch's numbers.
 *
 * @param value - A multiple of 2^-53 in [0, 1), so that `1 - value` is exact.
 */
export function log1pOfNegative(value: number): number {
  if (value < greatestDirect) return logNearOne(-value, 0);
  let exponent = 0;
  let mantissa = 1 - value;
  while (mantissa < 1) {
    mantissa *= 2;
    exponent -= 1;
  }
  if (mantissa < greatestMantissa) return logNearOne(mantissa - 1, exponent);
  return logNearOne(mantissa / 2 - 1, exponent + 1);
}

/** `log((1 + offset) · 2^exponent)` for an offset between sqrt(1/2) - 1 and sqrt(2) - 1. */
function logNearOne(offset: number, exponent: number): number {
  const halfSquare = 0.5 * offset * offset;
  const ratio = offset / (2 + offset);
  const square = ratio * ratio;
  const fourth = square * square;
  const eighth = fourth * fourth;
  const sum =
    square * term1 +
    fourth * (term2 + square * term3) +
    eighth * (term4 + square * term5) +
    eighth * fourth * (term6 + square * term7);
  if (exponent === 0) return offset - (halfSquare - ratio * (halfSquare + sum));
  return exponent * log2High - (halfSquare - (ratio * (halfSquare + sum) + exponent * log2Low) - offset);
}

/** An unevaluated sum of two doubles, where `high` is the rounded sum: about 106 bits (Dekker 1971). */
export interface DoubleDouble {
  readonly high: number;
  readonly low: number;
}

/** The exact sum of two doubles. */
export function addExactly(left: number, right: number): DoubleDouble {
  const high = left + right;
  const rightPart = high - left;
  return { high, low: left - (high - rightPart) + (right - rightPart) };
}

/** The exact sum of two doubles, the larger one first. */
function addExactlyOrdered(larger: number, smaller: number): DoubleDouble {
  const high = larger + smaller;
  return { high, low: smaller - (high - larger) };
}

/** The exact product of two doubles of moderate size. */
export function multiplyExactly(left: number, right: number): DoubleDouble {
  const high = left * right;
  const leftHigh = upperHalf(left);
  const leftLow = left - leftHigh;
  const rightHigh = upperHalf(right);
  const rightLow = right - rightHigh;
  const low = leftHigh * rightHigh - high + leftHigh * rightLow + leftLow * rightHigh + leftLow * rightLow;
  return { high, low };
}

/** The leading 26 bits (Veltkamp 1968). */
function upperHalf(value: number): number {
  const scaled = value * 134217729;
  return scaled - (scaled - value);
}

/** `left + right` with a relative error of about 2^-104, if the sum does not cancel. */
export function add(left: DoubleDouble, right: DoubleDouble): DoubleDouble {
  const high = addExactly(left.high, right.high);
  const low = addExactly(left.low, right.low);
  const middle = addExactlyOrdered(high.high, high.low + low.high);
  return addExactlyOrdered(middle.high, middle.low + low.low);
}

/** `left · right` with a relative error of about 2^-104. */
export function multiply(left: DoubleDouble, right: DoubleDouble): DoubleDouble {
  const product = multiplyExactly(left.high, right.high);
  return addExactlyOrdered(product.high, product.low + (left.high * right.low + left.low * right.high));
}

/** `dividend / divisor` with a relative error of about 2^-103. */
export function divide(dividend: DoubleDouble, divisor: DoubleDouble): DoubleDouble {
  const quotient = dividend.high / divisor.high;
  const product = multiply({ high: quotient, low: 0 }, divisor);
  const rest = dividend.high - product.high - product.low + dividend.low;
  return addExactlyOrdered(quotient, rest / divisor.high);
}
