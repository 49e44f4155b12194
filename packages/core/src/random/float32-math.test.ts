import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cosSinFloat32, fusedMultiplyAdd, logFloat32 } from "./float32-math.ts";

/** A multiple of 2^-24 in [0, 1): what a uniform float32 number is. */
const uniform = fc.integer({ min: 0, max: 2 ** 24 - 1 }).map((multiple) => multiple / 2 ** 24);

// Bits are pinned by the normals in torch-generator.test.ts. Here: these are logarithm, sine and cosine at all.
// Cephes states errors of at most 1.2e-7; the bounds are three units in the last place of float32.
const relativeError = 3 * 2 ** -24;

describe("logFloat32", () => {
  it("is the logarithm", () => {
    fc.assert(
      fc.property(uniform, (value) => {
        const exact = Math.log(1 - value);
        expect(Math.abs(logFloat32(1 - value) - exact)).toBeLessThanOrEqual(-exact * relativeError);
      }),
      { numRuns: 2000 },
    );
  });

  it("is 0 at 1 and finite at the smallest argument", () => {
    expect(logFloat32(1)).toBe(0);
    expect(logFloat32(2 ** -24)).toBe(Math.fround(-24 * Math.LN2));
  });
});

describe("cosSinFloat32", () => {
  it("is sine and cosine over a full turn", () => {
    const result = new Float64Array(2);
    fc.assert(
      fc.property(uniform, (turn) => {
        const angle = Math.fround(2 * Math.PI * turn);
        cosSinFloat32(angle, result);
        const [cosine = Number.NaN, sine = Number.NaN] = result;
        expect(Math.abs(cosine - Math.cos(angle))).toBeLessThanOrEqual(relativeError);
        expect(Math.abs(sine - Math.sin(angle))).toBeLessThanOrEqual(relativeError);
      }),
      { numRuns: 2000 },
    );
  });

  it("is exact at 0", () => {
    const result = Float64Array.of(5, 5);
    cosSinFloat32(0, result);
    expect([...result]).toEqual([1, 0]);
  });
});

describe("fusedMultiplyAdd", () => {
  it("rounds the product and the sum together, not one after the other", () => {
    const left = 1 + 2 ** -12;
    expect(fusedMultiplyAdd(left, left, -1)).toBe(2 ** -11 + 2 ** -24);
    expect(Math.fround(Math.fround(left * left) - 1)).toBe(2 ** -11);
  });

  it("is exact where the result is a float32 number", () => {
    const small = fc.integer({ min: -(2 ** 11), max: 2 ** 11 });
    fc.assert(
      fc.property(small, small, small, (left, right, addend) => {
        expect(fusedMultiplyAdd(left, right, addend)).toBe(left * right + addend);
      }),
    );
  });
});
