import fc from "fast-check";
import { expect, it } from "vitest";
import { fusedMultiplyAdd } from "./fused-multiply-add.ts";

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
