import { expect, it } from "vitest";
import { middleSigma } from "./middle-sigma.ts";

it("is the geometric mean", () => {
  expect(middleSigma(2, 8)).toBeCloseTo(4, 6);
  expect(middleSigma(8, 2)).toBeCloseTo(4, 6);
  expect(middleSigma(3, 0)).toBe(0);
});
