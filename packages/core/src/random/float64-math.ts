import { add, addExactly, type DoubleDouble, divide, multiply, multiplyExactly } from "./double-double.ts";

// `Math.log`, `Math.sin` and `Math.cos` differ from engine to engine, and those of V8 differ from the C library that
// torch calls in the last bit of 3 to 7 results in 100. The functions here round the true value correctly but for about
// one argument in millions; the C library (glibc 2.36) does so but for one in a thousand.

const one: DoubleDouble = { high: 1, low: 0 };
const log2: DoubleDouble = { high: Math.LN2, low: 2.3190468138462996e-17 };
/** π/2. The leading part has three trailing zero bits, so that its multiples up to 4 are exact. */
const quarterTurn = { high: Math.PI / 2, middle: 6.123233995736766e-17, low: -1.4973849048591833e-33 };

/** How many coefficients of a series need more than double precision for a result that is good to about 2^-75. */
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

/** `±1 / value!`, negative where `index` is odd. */
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
