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
