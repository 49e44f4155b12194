/** An unevaluated sum of two doubles, `high` being the sum rounded: about 106 bits (Dekker 1971). */
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

/** The exact sum of two doubles of which the first is the larger one. */
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

/** `left + right` with a relative error of about 2^-104, where the sum does not cancel. */
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

/** `-value`. */
export function negate(value: DoubleDouble): DoubleDouble {
  return { high: -value.high, low: -value.low };
}
