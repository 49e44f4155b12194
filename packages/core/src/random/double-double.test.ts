import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, addExactly, type DoubleDouble, divide, multiply, multiplyExactly } from "./double-double.ts";

/** A whole number with up to 106 bits, as the two doubles that hold it. */
function fromBigInt(value: bigint): DoubleDouble {
  const high = Number(value);
  return { high, low: Number(value - BigInt(high)) };
}

function toBigInt(value: DoubleDouble): bigint {
  return BigInt(value.high) + BigInt(Math.round(value.low));
}

const double = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });
const long = fc.bigInt({ min: 1n, max: 2n ** 104n });

/** Whether `found` is `exact` but for a relative error of 2^-100, or 1. */
function isClose(found: bigint, exact: bigint): boolean {
  const difference = found > exact ? found - exact : exact - found;
  return difference <= (exact >> 100n) + 1n;
}

describe("sums and products", () => {
  it("of two doubles are exact", () => {
    fc.assert(
      fc.property(double, double, fc.integer({ min: 0, max: 60 }), (left, right, shift) => {
        const scaled = left << BigInt(shift);
        expect(toBigInt(addExactly(Number(scaled), Number(right)))).toBe(scaled + right);
        expect(toBigInt(multiplyExactly(Number(scaled), Number(right)))).toBe(scaled * right);
      }),
    );
  });

  it("of pairs are good to 100 bits", () => {
    fc.assert(
      fc.property(long, long, (left, right) => {
        const sum = add(fromBigInt(left), fromBigInt(right));
        const product = multiply(fromBigInt(left), fromBigInt(right));
        expect(isClose(toBigInt(sum), left + right)).toBe(true);
        expect(isClose(toBigInt(product), left * right)).toBe(true);
        expect(sum.high).toBe(sum.high + sum.low);
      }),
    );
  });
});

it("a quotient times its divisor is the dividend, to 100 bits", () => {
  fc.assert(
    fc.property(long, long, (dividend, divisor) => {
      const quotient = divide(fromBigInt(dividend), fromBigInt(divisor));
      const back = multiply(quotient, fromBigInt(divisor));
      expect(isClose(toBigInt(back), dividend)).toBe(true);
    }),
  );
});
