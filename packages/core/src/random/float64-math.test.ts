import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  addExactly,
  type DoubleDouble,
  divide,
  log1pOfNegative,
  logFloat64,
  multiply,
  multiplyExactly,
  type SineAndCosine,
  sinCosFloat64,
} from "./float64-math.ts";

// The multiple k, then log(1 - k/2^53), sin and cos of 2π·k/2^53 with that product rounded to a double: computed with
// 300 bits (mpmath) and rounded once. Among them the ends of each range and the neighbours of each quarter turn.
const values: [multiple: number, logarithm: number, sine: number, cosine: number][] = [
  [1, -1.1102230246251565e-16, 6.975736996017264e-16, 1.0],
  [2, -2.2204460492503136e-16, 1.3951473992034527e-15, 1.0],
  [3, -3.33066907387547e-16, 2.092721098805179e-15, 1.0],
  [1048577, -1.1641543285601357e-10, 7.314597372072794e-10, 1.0],
  [17592186044415, -0.001955034835803239, 0.012271538285719228, 0.9999247018391445],
  [1125899906854969, -0.13353139262608898, 0.7071067811926368, 0.7071067811804582],
  [2251799813685248, -0.2876820724517809, 1.0, 6.123233995736766e-17],
  [2251799813685249, -0.28768207245178107, 1.0, -6.049014748177263e-16],
  [2251799813685247, -0.2876820724517808, 1.0, 7.273661547324616e-16],
  [4503599627370496, -Math.LN2, 1.2246467991473532e-16, -1.0],
  [4503599627370497, -0.6931471805599455, -7.657137397853899e-16, -1.0],
  [4503599627370495, -0.6931471805599451, 1.0106430996148606e-15, -1.0],
  [6755399441055744, -1.3862943611198906, -1.0, -1.8369701987210297e-16],
  [6755399441055743, -1.3862943611198901, -1.0, -1.0718754395722282e-15],
  [6755399441055745, -1.386294361119891, -1.0, 7.044813998280222e-16],
  [1125899906842624, -0.13353139262452263, 0.7071067811865475, Math.SQRT1_2],
  [9007199254740991, -36.7368005696771, -1.133107779529596e-15, 1.0],
  [9007199253692409, -22.873850282780264, -7.314640233654965e-10, 1.0],
  [6004799503160661, -1.0986122886681096, -0.8660254037844384, -0.5000000000000004],
  [5253285246532829, -0.8752251435751269, -0.49944754326500734, -0.8663441299660019],
  [123456789012345, -0.013801257703640532, 0.08601379403426232, 0.9962939462005335],
  [8123456789012345, -2.3216137619165194, -0.5781630440925529, 0.8159212550520011],
  [7777777777777777, -1.991480459960839, -0.7562824404974295, 0.6542452676139522],
  [2637844281837119, -0.3465259704501776, 0.9639588440809399, -0.2660513990155629],
  [1319413953331, -0.00014649510488389038, 0.0009203883427854463, 0.9999995764425595],
  [987654321987654, -0.11614249604980864, 0.635736038548, 0.7719065288565033],
];

describe("logFloat64", () => {
  it.each(values)("is correctly rounded for %d / 2^53", (multiple, logarithm) => {
    expect(logFloat64(1 - multiple / 2 ** 53)).toBe(logarithm);
  });

  it("is 0 at 1", () => {
    expect(logFloat64(1)).toBe(0);
  });
});

describe("sinCosFloat64", () => {
  it.each(values)("is correctly rounded for %d / 2^53", (multiple, _logarithm, sine, cosine) => {
    const result: SineAndCosine = { sine: 5, cosine: 5 };
    sinCosFloat64(2 * Math.PI * (multiple / 2 ** 53), result);
    expect(result).toEqual({ sine, cosine });
  });

  it("is exact at 0", () => {
    const result: SineAndCosine = { sine: 5, cosine: 5 };
    sinCosFloat64(0, result);
    expect(result).toEqual({ sine: 0, cosine: 1 });
  });
});

describe("log1p", () => {
  // log1p(-k/2^53) of glibc 2.36 on x86-64. glibc has two builds of it, with and without fused multiply-add, that
  // differ in the last place for one argument in two thousand; hence the tolerance of one unit in the last place.
  it.each([
    [1, -1.1102230246251565e-16],
    [1073741825, -1.192092967672315e-7],
    [35184372088909, -0.003913899321144911],
    [1319413953331987, -0.15839142994402],
    [2637844281837119, -0.34652597045017763],
    [2638083206529035, -0.34656348275311377],
    [2638084206529036, -0.3465636397607852],
    [3000000000000001, -0.4050655490238484],
    [4503599627370496, -Math.LN2],
    [5003599627370497, -0.8108303114773038],
    [7777777777777777, -1.991480459960839],
    [9007199254740991, -36.7368005696771],
    [9007199242395314, -20.407983969403134],
  ])("of -%d / 2^53 is that of the C library", (multiple, expected) => {
    const difference = Math.abs(log1pOfNegative(multiple / 2 ** 53) - expected);
    expect(difference).toBeLessThanOrEqual(-expected * 2 ** -52);
  });

  it("is 0 at 0", () => {
    expect(Math.abs(log1pOfNegative(0))).toBe(0);
  });
});

describe("doubleDouble", () => {
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
});
